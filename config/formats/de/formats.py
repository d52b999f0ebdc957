"""How Django writes a time in German: short, and never without its zone."""

DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j. M Y H:i T"
DATE_FORMAT = SHORT_DATE_FORMAT = "j. M Y"
TIME_FORMAT = "H:i"
