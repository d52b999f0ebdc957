"""What holds for a process whatever it works on: endless work, the log, counters, the end."""
