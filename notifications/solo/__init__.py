"""The app as a site of its own, for as long as a command asks: ``python -m notifications.solo``.

Nothing of the project around it takes part, neither its settings nor its database, so figures that
were measured in two projects can be compared.
"""
