"""What is counted in this process."""

from prometheus_client import Counter, Gauge

hints_sent = Counter("notifications_hints_sent", "Hints given to the channel layer")
hints_lost = Counter("notifications_hints_lost", "Hints that the channel layer did not take")
hints_refused = Counter(
    "notifications_hints_refused", "Hints that another installation, or nobody, has sealed"
)
hints_healed = Counter(
    "notifications_hints_healed", "Streams that the database told of a change before a hint did"
)
bugs = Counter("notifications_bugs", "Errors that nobody expected, by where", ["place"])
questions = Counter(
    "notifications_socket_questions", "Logins and inboxes that connections asked the database for"
)
questions_dropped = Counter(
    "notifications_socket_questions_dropped",
    "Those that it was not asked: whoever waited had given up",
)
batches = Counter("notifications_socket_batches", "How often it was asked: many at once", ["what"])
requests_open = Gauge("notifications_http_requests_open", "HTTP requests under way, streams too")
streams_open = Gauge("notifications_streams_open", "Open streams", ["transport"])
connections_refused = Counter(
    "notifications_connections_refused", "Connections that were one too many", ["limit"]
)
requests_refused = Counter(
    "notifications_http_requests_refused", "HTTP requests that were too many at once", ["limit"]
)
floods_ended = Counter(
    "notifications_floods_ended", "Sockets closed since they sent too many frames", ["frames"]
)
bodies_refused = Counter(
    "notifications_bodies_refused", "Requests refused for what their bodies take", ["status"]
)
streams_signed_out = Counter(
    "notifications_streams_signed_out", "Streams ended since what opened them is good no longer"
)
