"""The one settings file: each knob with its unit and default, read from the environment."""

import os
from pathlib import Path
from typing import Any

from config import environment as env
from notifications.conf import declared

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that running leaves behind: the database and the secret key of `make run`.
VAR_DIR = BASE_DIR / "var"

# --- Who may talk to us ---------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", default=False)
SECRET_KEY = env.secret_key("SECRET_KEY", VAR_DIR / "secret_key", debug=DEBUG)
# Older keys that still verify what they signed, newest first, while a key is being replaced.
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS")
# Host names that requests may carry, separated by commas.
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Origins (https://notify.example) that may post forms besides the request's own host.
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
# The path below which the site is, such as /notify; unset, it is at the root of its host.
FORCE_SCRIPT_NAME = env.script_name("FORCE_SCRIPT_NAME")
# Whether browsers come by https. Behind a proxy that ends TLS: the server process believes what it
# says of that in X-Forwarded-Proto (FORWARDED_ALLOW_IPS), so SECURE_PROXY_SSL_HEADER, by which
# Django would believe everybody, stays unset.
HTTPS = env.boolean("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Cookies by names of our own: by Django's, another site on this host would sign our users out, and
# we its users, since browsers keep cookies by host and not by port.
SESSION_COOKIE_NAME = env.cookie_name("SESSION_COOKIE_NAME", default="notifications_session")
CSRF_COOKIE_NAME = env.cookie_name("CSRF_COOKIE_NAME", default="notifications_csrf")
# Tells pages that somebody else has signed in; it opens nothing.
NOTIFICATIONS_SIGN_IN_COOKIE = f"{SESSION_COOKIE_NAME}_signed_in"
MESSAGE_STORAGE = "config.flash.Storage"
# Where the browser sends them: below which path, also to which subdomains, and from whose pages.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = env.path(
    "SESSION_COOKIE_PATH", default=FORCE_SCRIPT_NAME or "/"
)
SESSION_COOKIE_DOMAIN = CSRF_COOKIE_DOMAIN = env.text("SESSION_COOKIE_DOMAIN", default="") or None
SESSION_COOKIE_SAMESITE = env.choice(
    "SESSION_COOKIE_SAMESITE", default="Lax", options=("Lax", "Strict", "None")
)
if HTTPS:
    # By these names a browser takes a cookie by https only, and where it may be narrowed so far,
    # from this very host only and not from a sibling of it.
    _is_of_host = SESSION_COOKIE_PATH == "/" and SESSION_COOKIE_DOMAIN is None
    SESSION_COOKIE_NAME = f"{'__Host-' if _is_of_host else '__Secure-'}{SESSION_COOKIE_NAME}"
SECURE_SSL_REDIRECT = HTTPS
# Asked from within, where there is no TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]
# Seconds for which browsers refuse to come by http, once they came by https.
SECURE_HSTS_SECONDS = (
    env.integer("HSTS_S", default=365 * 86400, least=0, most=2 * 365 * 86400) if HTTPS else 0
)
# Whether subdomains too come by https only, and whether browsers are to be shipped knowing it, is
# for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Storage --------------------------------------------------------------------------------------

# Most connections that one process opens to PostgreSQL; all processes together must stay below
# the server's max_connections.
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", default=10, least=1, most=1000)
# Seconds that a query waits for a lock, a free connection or an answer to connecting.
DATABASE_TIMEOUT_S = env.seconds("DATABASE_TIMEOUT_S", default=20, least=0.1, most=600)
# Seconds after which a process that serves or dispatches takes a PostgreSQL that says nothing for
# gone. Nothing there waits longer, whatever DATABASE_TIMEOUT_S is.
DATABASE_ANSWER_S = env.seconds("DATABASE_ANSWER_S", default=10, least=1, most=600)

if "DATABASE_URL" not in os.environ:
    VAR_DIR.mkdir(exist_ok=True)
_database = env.database("DATABASE_URL", default=VAR_DIR / "db.sqlite3")
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # A deferred transaction that reads and then writes fails at once with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_TIMEOUT_S,
        # FULL: an acknowledged commit survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # In a file: a database in memory has no WAL and no other process can see it.
    _database["TEST"] = {"NAME": str(Path(_database["NAME"]).with_suffix(".test.sqlite3"))}
else:
    _database["ENGINE"] = "config.postgresql"
    _database["OPTIONS"] = {
        "answer_s": DATABASE_ANSWER_S,
        "session": {
            "lock_timeout": f"{round(min(DATABASE_TIMEOUT_S, 0.8 * DATABASE_ANSWER_S) * 1000)}ms",
            # Whoever is frozen amid a transaction gives its locks up after a while.
            "idle_in_transaction_session_timeout": "60s",
            # Whoever cannot be reached any more, sooner.
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
            "tcp_user_timeout": f"{round(DATABASE_ANSWER_S * 1000)}ms",
            # Compiling the catch-up, which runs in a millisecond, would take 350 of them.
            "jit": "off",
        },
        # A firewall or a machine that has gone answers nothing, also not to connecting.
        "connect_timeout": max(1, round(min(DATABASE_TIMEOUT_S, DATABASE_ANSWER_S / 2))),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": round(DATABASE_ANSWER_S * 1000),
        "pool": {
            "min_size": 0,
            "max_size": DATABASE_POOL_SIZE,
            "timeout": min(DATABASE_TIMEOUT_S, DATABASE_ANSWER_S),
            # Afterwards the next who needs a connection tries anew, instead of waiting for the next
            # of tries that are further and further apart.
            "reconnect_timeout": 1,
            # Each connects, and waits while nobody answers.
            "num_workers": min(DATABASE_POOL_SIZE, 10),
        },
        **_database.get("OPTIONS", {}),
    }
# Where server processes listen to each other's commits, if not there: past a PgBouncer that lends
# its connections by transaction.
NOTIFICATIONS_LISTEN_DATABASE = env.postgresql_url("DATABASE_LISTEN_URL")
# Under ASGI each request has a thread of its own, so connections kept open would leak. No
# ATOMIC_REQUESTS either: on SQLite each GET would take the write lock.
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 0}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A Redis server for the channel layer; without one a single process, or several on one SQLite
# file, find each other through the database alone.
REDIS_URL = env.redis_url("REDIS_URL")

CHANNEL_LAYERS: dict[str, dict[str, Any]]
if REDIS_URL is None:
    CHANNEL_LAYERS = {"default": {"BACKEND": "notifications.push.memory_layer.MemoryLayer"}}
else:
    _redis_layer: dict[str, Any] = {
        # Not the core layer: it closes every socket when Redis dies, and drops hints.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_connect_timeout": 1,
                    "socket_timeout": 15,
                    "socket_keepalive": True,
                    "health_check_interval": 10,
                }
            ]
        },
    }
    # Two, since publishing and subscribing by one layer wait for one lock.
    CHANNEL_LAYERS = {"default": _redis_layer, "publishing": _redis_layer}

# --- Operation ------------------------------------------------------------------------------------

# What a reader of /metrics must bear; without one it is answered to this machine only.
METRICS_TOKEN = env.text("METRICS_TOKEN", default="")
# How events are logged: for people, or as JSON, an object a line.
LOG_FORMAT = env.choice("LOG_FORMAT", default="text", options=("text", "json"))

# --- Notifications --------------------------------------------------------------------------------

# The app's numbers and switches, each by the variable of its name: notifications/conf.py says what
# they are, with unit, default and bounds.
globals().update(env.of_app(declared()))
# Any text, and so not among them.
NOTIFICATIONS_INSTALLATION = env.text("NOTIFICATIONS_INSTALLATION", default="")
# Whose site it is, in pages, admin, icon and mails.
NOTIFICATIONS_SITE_NAME = env.text("NOTIFICATIONS_SITE_NAME", default="Notifications")
NOTIFICATIONS_SITE_LOGO = env.text("NOTIFICATIONS_SITE_LOGO", default="")
NOTIFICATIONS_SITE_ACCENT = env.text("NOTIFICATIONS_SITE_ACCENT", default="#0b57d0")
NOTIFICATIONS_MAIL_FOOTER = env.text("NOTIFICATIONS_MAIL_FOOTER", default="")
# What the inbox's pages extend, as all other pages do.
NOTIFICATIONS_BASE_TEMPLATE = "base.html"
# What finds who is signed in by which session.
NOTIFICATIONS_SESSION_FINDER = "accounts.logins.Finder"
# What a dispatcher calls after each look at what is due; each deletes a little of what is old.
NOTIFICATIONS_HOUSEKEEPING = [
    "notifications.inbox.idempotency.forget_old",
    "notifications.push.presence.forget_old",
    "notifications.push.journal.forget_old",
    "notifications.credentials.tokens.forget_old",
    "accounts.sessions.forget_old",
]
# What `manage.py doctor` asks how much of that was left lying.
NOTIFICATIONS_LEFT_OVER = {
    "answers to acts": "notifications.inbox.idempotency.left_over",
    "access tokens": "notifications.credentials.tokens.left_over",
    "streams": "notifications.push.journal.left_over",
    "sessions": "accounts.sessions.left_over",
}

# --- Accounts -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["accounts.hashing.QueuedPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_ENGINE = "accounts.sessions"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "notifications:inbox"
LOGOUT_REDIRECT_URL = "accounts:login"
# Wrong passwords for one user name from one address before further tries are answered 429.
AXES_FAILURE_LIMIT = env.integer("LOGIN_FAILURE_LIMIT", default=10, least=1, most=1000)
# Seconds after which a locked out pair of user name and address may try again.
LOGIN_COOLOFF_S = env.seconds("LOGIN_COOLOFF_S", default=15 * 60, least=1, most=7 * 86400)
AXES_COOLOFF_TIME = "accounts.lockout.cooloff"
AXES_USERNAME_CALLABLE = "accounts.lockout.user_name"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
# Else each try during a lockout would begin it anew.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# How often an address may sign in, and ask for links to set a new password, a minute and in one go;
# 0: no limit. Beyond it: 429.
LOGIN_RATE_PER_MIN = env.integer("LOGIN_RATE_PER_MIN", default=60, least=0, most=1_000_000)
RESET_RATE_PER_MIN = env.integer("RESET_RATE_PER_MIN", default=10, least=0, most=1_000_000)
# Requests of Django that a process works on at once, each in a thread of its own: all of them, and
# those of one session, key or token, or of an address without one; 0: no limit. And how many may
# wait for their turn.
REQUESTS_MAX = env.integer("REQUESTS_MAX", default=16, least=0, most=10_000)
USER_REQUESTS_MAX = env.integer("USER_REQUESTS_MAX", default=4, least=0, most=10_000)
REQUESTS_WAITING_MAX = env.integer("REQUESTS_WAITING_MAX", default=512, least=1, most=100_000)

# Links to set a new password that one mail address is sent within an hour; 0: no limit.
RESET_MAILS_PER_H = env.integer("RESET_MAILS_PER_H", default=5, least=0, most=1_000_000)
# Seconds that a mail server may take for each step.
EMAIL_TIMEOUT = 10
# Mail of password resets; by default it is printed where the server runs.
vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="notifications@localhost")

# --- Django ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # Before staticfiles: our runserver is Daphne's. The app `daphne` itself is left out, since it
    # would import Twisted into each management command.
    "notifications",
    "accounts",
    "axes",
    "config.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Around all that answers: errors and files are no less framed than pages.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.static_files.StaticFilesMiddleware",
    "config.caching.PrivateMiddleware",
    "config.time_zones.TimeZoneMiddleware",
    "config.languages.LanguageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Around the next: pages of other origins may read errors too.
    "notifications.credentials.cors.CorsMiddleware",
    "notifications.wire.problems.ProblemMiddleware",
    "config.url_values.UrlValuesMiddleware",
    "notifications.credentials.url_secrets.NoSecretsInUrlsMiddleware",
    "config.error_pages.ErrorPageMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "notifications.pages.languages.PreferredLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.sign_in_cookie.SignInCookieMiddleware",
    "axes.middleware.AxesMiddleware",
    "accounts.lockout.LoginThrottleMiddleware",
]
ROOT_URLCONF = "config.urls"
CSRF_FAILURE_VIEW = "config.error_pages.csrf_failure"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "static/"
# The folder that `collectstatic` fills, under names that change with what the files say. Without
# one the server finds static files where they lie, and browsers ask each time if they changed.
STATIC_ROOT = env.text("STATIC_ROOT", default="") or None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static_files.HashedStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Collected are bundles; where the modules lie they are served one by one, as they are written.
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder"
    if STATIC_ROOT is None or DEBUG
    else "config.static_files.BundlesFinder",
]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None or DEBUG
# Seconds for which a browser does not ask again; for names that hold a hash it never does.
WHITENOISE_MAX_AGE = 0
# Fields of one form: a notification can be composed to 1,000 users, each a field of its own.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
USE_TZ = True
TIME_ZONE = "UTC"
# The first is for whoever asks for none of them.
LANGUAGES = env.languages("LANGUAGES", default=["en", "de", "ar"])
LANGUAGE_CODE = LANGUAGES[0][0]
# What the project says; the app brings its own.
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "notifications_language"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_PATH = SESSION_COOKIE_PATH
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = HTTPS, "Lax"
FORMAT_MODULE_PATH = "config.formats"
X_FRAME_OPTIONS = "DENY"
# Nothing inline, nothing from elsewhere: text that got into a page could not become script.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # A bell draws the page's icon with a dot on it.
        "img-src": ["'self'", "data:"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "config.logs.TextFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "filters": {"news": {"()": "config.logs.DropClientTracebacks"}},
    "handlers": {
        "console": {
            "class": "config.logs.Handler",
            "formatter": LOG_FORMAT,
            "filters": ["news"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "notifications": {"level": "INFO"},
        "accounts": {"level": "INFO"},
        "config": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING"},
        # It logs a traceback each second while Redis is away; the hub says what there is to say.
        "channels_redis.pubsub": {"level": "CRITICAL"},
        # Likewise each try to connect; config.postgresql says why there is no connection.
        "psycopg.pool": {"level": "ERROR"},
    },
}
