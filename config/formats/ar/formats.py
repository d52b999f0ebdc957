"""How Django writes a time in Arabic: short, on 24 hours, and never without its zone."""

DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y H:i T"
DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
