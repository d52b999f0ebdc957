from django.db import connection

# What PostgreSQL is asked to tell, SQLite's files tell by themselves.
collect_ignore = [] if connection.vendor == "postgresql" else ["test_listening.py"]
