from django.db import connection

# How servers begin and end is the same on PostgreSQL.
LEFT_OUT = {
    "sqlite": ["test_postgresql_pool.py", "test_unusable_postgresql.py"],
    "postgresql": ["test_serve.py"],
}
collect_ignore = LEFT_OUT[connection.vendor]
