"""What ``firelane ip`` and ``firelane star`` have in common: the desk, records one by one, tables in and out."""
