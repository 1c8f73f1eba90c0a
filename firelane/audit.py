"""Old name."""
from firelane.auditing.record import Audit as Audit
