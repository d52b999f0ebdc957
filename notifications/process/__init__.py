"""What holds for a process, whatever it works on: its endless work, its log, its counters, its end."""
