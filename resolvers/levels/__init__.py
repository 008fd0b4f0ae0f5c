"""The executor that works level by level: what a level wants is read at once, leaves are read inline by a plan made once."""
