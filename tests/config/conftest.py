from django.db import connection

collect_ignore = ["test_unusable_postgresql.py"] if connection.vendor == "sqlite" else []
