from django.db import connection

# What PostgreSQL is asked, SQLite's files tell by themselves.
_OF_POSTGRESQL = ["test_listening.py", "reconcilers/test_postgresql.py"]
collect_ignore = [] if connection.vendor == "postgresql" else _OF_POSTGRESQL
