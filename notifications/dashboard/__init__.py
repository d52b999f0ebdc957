"""What the live dashboard shows: figures of all processes, charts of a day, the last sends."""
