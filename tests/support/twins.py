"""Tests that would prove on a second database what they have proved on the first.

They ask for a database, since a server or a sign-in does, but what they are about ends before it: a
form that is not valid, a name of a host, how large a frame may be. By their place below tests/.
"""

ON_ANY_DATABASE = (
    # Refused by a form or a schema, before any row is read.
    "notifications/admin/test_compose.py::test_a_form_that_is_not_valid_says_so",
    "notifications/api/test_hostile_bodies.py::test_what_is_no_body_of_ours_is_refused",
    "notifications/api/test_contract.py",
    # Headers, hosts, origins, files, pages of errors, threads that hash.
    "accounts/test_hashing.py",
    "accounts/test_lockout.py::test_no_header_makes_another_address_of_it",
    "config/test_error_pages.py",
    "config/test_every_url.py",
    "config/test_one_verdict.py",
    "config/test_static_files.py",
    "notifications/credentials/test_cors.py",
    # The pages' examples, the Makefile, and the tests' own tools.
    "docs/test_snippets.py",
    "test_first_minutes.py",
    "support/test_nemesis.py",
    "support/test_processes.py",
    # What a cursor or a token may look like, and how much fits a frame. That a token is made, ends
    # and is revoked is asked of PostgreSQL in tests/notifications/credentials and test_access.py.
    "sockets/test_tokens.py",
    *(
        f"sockets/test_catching_up.py::test_{name}"
        for name in (
            "a_change_that_fits_no_frame_is_a_snapshot",
            "a_cursor_that_is_of_no_use_counts_as_none",
            "a_query_that_names_no_parameter_of_ours_is_refused_over_http",
            "a_snapshot_holds_fewer_where_they_are_large",
            "each_resume_is_answered_by_one_synced",
            "resumes_sent_at_once_are_each_answered_and_too_many_are_cut_off",
            "what_is_no_cursor_is_refused_over_http",
        )
    ),
    # What a process says of itself, to whom, and when it ends. The rows behind it are read in
    # tests/notifications/inbox/test_trace.py and in those tests of the dashboard that stay.
    "sockets/test_log_fields.py",
    "sockets/test_metrics.py",
    "sockets/test_traces.py",
    *(
        f"sockets/test_dashboard.py::test_{name}"
        for name in (
            "a_process_that_is_asked_to_drain_sends_its_clients_away_and_ends",
            "another_sites_page_cannot_open_it",
            "who_may_not_watch_any_more_is_shown_no_more",
            "who_watches_a_process_that_drains_is_sent_elsewhere",
            "whoever_is_not_staff_with_the_permission_gets_nothing",
        )
    ),
    *(
        f"sockets/test_health.py::test_{name}"
        for name in (
            "a_process_that_is_well_says_so_without_a_login",
            "no_cache_keeps_an_answer_and_no_page_can_use_it",
            "probes_may_name_any_host",
            "what_a_proxy_passes_on_or_another_name_asks_gets_no_metrics",
            "with_a_token_only_its_bearer_gets_metrics",
        )
    ),
    "sockets/test_one_busy_user.py::test_a_page_that_is_too_much_says_so_to_people",
    "sockets/test_one_busy_user.py::test_bodies_that_come_drop_by_drop_take_no_turn",
    "sockets/test_presence.py::test_ids_are_packed_and_come_back",
    "sockets/test_production.py",
    "sockets/test_storm.py::test_connections_that_are_dropped_leave_no_memory_behind",
    "sockets/test_storm.py::test_the_limit_of_open_files_is_raised_at_the_start",
    "faults/test_one_bad_client.py",
    # What holds a process that is told to end, and what a save waits for while Redis hangs.
    "faults/test_held_exit.py",
    "faults/test_hung_redis.py",
    # How a layer does harm is nothing to a database. What makes up for it is: that stays for a
    # layer that does none, one that drops, and one that hangs.
    *(
        f"sockets/test_lossy_layer.py::test_everything_is_delivered_and_nobody_waits[{mode}]"
        for mode in ("double", "hang", "lying", "raise", "raise_everywhere", "reorder")
    ),
)


def is_twin(place: str) -> bool:
    """Args: place: a test's id below tests/, as pytest gives it."""
    parts = place, place.partition("[")[0], place.partition("::")[0]
    return any(one in ON_ANY_DATABASE for one in parts)
