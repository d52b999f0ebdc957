"""Django's backend for PostgreSQL, with a bound to each wait: a database that has fallen silent,
as after a failover or behind a firewall that was restarted, is a database that does not answer.

Django imports ``config.postgresql.base``.
"""
