"""The only settings of the registry. What differs between machines comes from the environment (see docs/operations.md).

Without any environment this is a developer's machine: loopback only, SQLite under var/, debug off until DEBUG=1.
`REGISTRY_ENV=production` demands SECRET_KEY, ALLOWED_HOSTS and DATABASE_URL and serves over HTTPS alone.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env, logs, look, sso

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# --- Where this runs -----------------------------------------------------------------------------------------------

PRODUCTION = (
    env.text("REGISTRY_ENV", "development", choices=("development", "production"), example="production") == "production"
)
DEBUG = env.flag("DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured(
        "DEBUG shows settings and source to any visitor: unset it where REGISTRY_ENV=production."
    )

if PRODUCTION:
    SECRET_KEY = env.secret("SECRET_KEY")
    ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", example="parks.example.org,www.parks.example.org")
    DATABASE = env.database("DATABASE_URL", root=BASE_DIR)
else:
    SECRET_KEY = env.secret("SECRET_KEY", kept_at=VAR_DIR / "secret_key")
    ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], example="localhost,192.0.2.7")
    DATABASE = env.database("DATABASE_URL", "sqlite:///var/registry.sqlite3", root=BASE_DIR)

# --- Application ---------------------------------------------------------------------------------------------------

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "config",
    "config.sso",
    # its templates and widgets; the site itself is ours
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.site.RegistryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    # lets WhiteNoise serve static files under `runserver` too, as it does in production
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "axes",
    # Leaflet's files
    "js_lib_leaflet",
    "core",
    "sources",
    "cities",
    "agreements",
    "parks",
    "exchange",
    "portal",
]

MIDDLEWARE = [
    # what each answer says of itself to browsers, whatever made it
    "config.headers.headers",
    "config.asked.accepted_encodings",
    # before all that looks at the host, redirects or writes a line: what looks after the registry asks often
    "config.probes.ProbesMiddleware",
    # around all the others: each request has a number, a line in the log, and is counted
    "core.watch.requests.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # outside of all that an answer is made by
    "core.rest.shared.shared_cache",
    "corsheaders.middleware.CorsMiddleware",
    # before anything is worked out, and kept answers count too
    "config.limits.limit",
    "config.shedding.shed",
    # what is asked of the database after this may be asked of a replica
    "core.rest.replicas.read_from_replicas",
    # before all that a kept answer does without; after what adds to each answer by itself
    "core.rest.caching.CacheMiddleware",
    "config.asked.public_to_nobody",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # instead of the answer to whoever has failed too often at a password; where a change is undone with the refusal, so
    # would the failure be
    "axes.middleware.AxesMiddleware",
    # after authentication: a change is signed by the person who made it
    "core.history.ChangeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
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

FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# --- Database ------------------------------------------------------------------------------------------------------

# How long, of what the server answers, an edit waits for another's, one statement may take, and an edit may stand idle.
# What lasts longer is undone and answered with 503; 0s is for ever. Commands wait (see core.faults).
DATABASE_PATIENCE = {
    "lock_timeout": env.duration("DATABASE_LOCK_TIMEOUT", timedelta(seconds=10), example="10s"),
    "statement_timeout": env.duration("DATABASE_STATEMENT_TIMEOUT", timedelta(seconds=60), example="60s"),
    "idle_in_transaction_session_timeout": env.duration("DATABASE_IDLE_TIMEOUT", timedelta(minutes=2), example="2m"),
}

if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE["OPTIONS"] = {
        # a transaction that reads first and writes later would fail at once, not wait, when another has written
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_PATIENCE["lock_timeout"].total_seconds() or 1_000_000,
        # readers and the writer do not wait for each other; a power cut may lose the last commits, never more
        # and history has a row that INSERT OR REPLACE pushes out
        "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA recursive_triggers = ON",
        **DATABASE.get("OPTIONS", {}),
    }
else:
    DATABASE["CONN_MAX_AGE"] = 60
    DATABASE["CONN_HEALTH_CHECKS"] = True
    # a machine that is gone does not answer, not even that it is
    DATABASE["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        **DATABASE.get("OPTIONS", {}),
    }
    # To compile a query takes PostgreSQL longer than to run any that a page asks: half a second, each time. And
    # one that takes all processors to itself makes the many short ones wait.
    usual = "-c jit=off -c max_parallel_workers_per_gather=0"
    DATABASE["OPTIONS"]["options"] = f"{usual} {DATABASE['OPTIONS'].get('options', '')}".strip()

# Copies that follow it, which are read from; and how old what they tell may be (see core.replicas).
REPLICAS = {
    f"replica_{number}": described
    for number, described in enumerate(env.replicas("DATABASE_REPLICA_URLS", of=DATABASE), start=1)
}
REPLICA_LAG = env.duration("REPLICA_LAG", timedelta(seconds=5), example="5s").total_seconds()
if REPLICA_LAG < 2:
    raise ImproperlyConfigured("REPLICA_LAG is shorter than a replica can be looked at: write 2s or more.")
DATABASES = {"default": DATABASE, **REPLICAS}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People --------------------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# where a login leads that came from nowhere
LOGIN_REDIRECT_URL = "admin:index"
# The provider of the office's own accounts; None where people have passwords here alone.
SSO = sso.from_environment(PRODUCTION)
AUTHENTICATION_BACKENDS = [
    # logs nobody in: it stops who has failed too often
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    *([sso.BACKEND] if SSO else []),
]

# How often a password may be wrong: for one name from one address, and from one address whatever the name.
AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURES", 5, at_least=1, example="5")
LOGIN_FAILURES_PER_ADDRESS = env.number("LOGIN_FAILURES_PER_ADDRESS", 50, at_least=1, example="50")
# How long after the last failure it counts no more.
AXES_COOLOFF_TIME = env.duration("LOGIN_LOCKOUT", timedelta(minutes=15), example="15m")
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], ["ip_address"]]
AXES_HANDLER = "config.logins.Attempts"
AXES_LOCKOUT_CALLABLE = "config.logins.locked_out"
AXES_CLIENT_IP_CALLABLE = "core.rest.throttling.client_address"
AXES_RESET_ON_SUCCESS = True
# else whoever keeps trying would keep others at that address out for good, and fill the table
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Who logged in when is in the log; only failures are kept, while they count.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# Neither kept nor logged; some type their password where the name goes.
AXES_SENSITIVE_PARAMETERS = [
    *("username", "csrfmiddlewaretoken", "old_password", "new_password1", "new_password2", "code", "state"),
]
# its pages in the admin are ours
AXES_ENABLE_ADMIN = False

# In the database; their commits wait for no backup or replica.
SESSION_ENGINE = "config.sessions"
# A session ends so long after its login, and with the logout.
SESSION_COOKIE_AGE = int(env.duration("SESSION_LIFETIME", timedelta(hours=12), example="12h").total_seconds())
if PRODUCTION:
    # Browsers take these names from this host alone, over HTTPS alone: no neighbour can put a cookie in their place.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
# no script of ours reads them
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- Languages and time --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
# unfold brings no Chinese of its own
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "unfold"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files --------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
# what browsers look for at the root of any site: the icon
WHITENOISE_ROOT = BASE_DIR / "config" / "root"
if PRODUCTION:
    STATIC_ROOT = env.text("STATIC_ROOT", str(VAR_DIR / "static"), example="/srv/registry/static")
    STATICFILES_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
else:
    # straight from the source folders: nothing to collect, and right with DEBUG off too
    WHITENOISE_USE_FINDERS = True
    STATICFILES_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATICFILES_STORAGE},
}

# --- Security ------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
LANGUAGE_COOKIE_SECURE = PRODUCTION
HSTS = env.duration("HSTS", timedelta(days=365) if PRODUCTION else timedelta(0), example="365d")
SECURE_HSTS_SECONDS = int(HSTS.total_seconds())
SILENCED_SYSTEM_CHECKS = [
    # whether every other host of the domain speaks HTTPS too is not the registry's to promise
    "security.W005",
    "security.W021",
]

# Where programs ask: errors are told as problem documents there (see core.rest.errors).
SERVICE_PATHS = ("/api/", "/ogc/", "/reconcile")
# All else but the editors' part are public pages.
NOT_PUBLIC = ("/admin/", *SERVICE_PATHS)
# The same for everybody, and kept like the answers of the API: what has its language in its address.
PAGE_PATHS = tuple(f"/{code}/" for code, _name in LANGUAGES)

# How many proxies of the operator's own stand in front. Only their headers say who asks and over what.
PROXIES = env.number("PROXIES", 0, example="1 behind one nginx")
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# a longer body is refused before it is read
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["core.uploads.Limit", "django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# Any web page may read these; none may write to them, or read as the person who is logged in.
CORS_URLS_REGEX = rf"^({'|'.join(SERVICE_PATHS)})"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "accept-language", "if-none-match"]
CORS_EXPOSE_HEADERS = ["etag", "link", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"]

# --- Logging: all to stderr, for whatever runs the process to keep ---------------------------------------------------

LOG_LEVEL = env.text("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"), example="WARNING")
LOG_FORMAT = env.text("LOG_FORMAT", "json" if PRODUCTION else "line", choices=logs.FORMS, example="json")
LOGGING = logs.logging_of(LOG_LEVEL, LOG_FORMAT)

# --- Watching (docs/monitoring.md) -----------------------------------------------------------------------------------

# A query that takes longer has a line in the log; 0s writes none.
SLOW_QUERY = env.duration("SLOW_QUERY", timedelta(milliseconds=500), example="500ms")
# Who may read /metrics; without it there are none.
METRICS_TOKEN = env.secret("METRICS_TOKEN", None)

# --- Limits and caches -----------------------------------------------------------------------------------------------

# What one client may ask per minute: an address without a token, and a person or token. Each process counts by itself.
API_REQUESTS_PER_MINUTE = {
    "anonymous": env.number("API_ANONYMOUS_PER_MINUTE", 600, at_least=1, example="600"),
    "token": env.number("API_TOKEN_PER_MINUTE", 3000, at_least=1, example="3000"),
}
# What one address may ask for per minute: pages; and what is dear, of pages and of the API without a token.
PAGES_PER_MINUTE = env.number("PAGES_PER_MINUTE", 600, at_least=1, example="600")
DEAR_PER_MINUTE = env.number("DEAR_PER_MINUTE", 60, at_least=1, example="60")
# What has waited for longer in the queue behind the proxy is refused with 503, in seconds; 0 refuses nothing. And how
# many dear requests of strangers each process answers at once: below its threads, so that others always find one.
SHED_AFTER = env.duration("SHED_AFTER", timedelta(seconds=2), example="2s").total_seconds()
DEAR_AT_ONCE = env.number("DEAR_AT_ONCE", 2, example="2")
# Answers of the API and pages that each process keeps in memory until the registry changes; 0 keeps none.
API_CACHE_BYTES = env.number("API_CACHE_MEGABYTES", 32, example="32") * 1024 * 1024
# How old, in seconds, what a cache in front tells may be; 0 has it ask each time (see core.rest.shared).
SHARED_CACHE = int(env.duration("SHARED_CACHE", timedelta(0), example="10s").total_seconds())
if 0 < SHARED_CACHE < 3:
    raise ImproperlyConfigured("SHARED_CACHE is too short for a cache to keep anything: write 3s or more, or 0s.")
# the counts live here: enough entries that no stranger can push another's out
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}},
}
# What takes longer to count is counted again only after a while, though the registry changes.
SLOW_COUNT_SECONDS = 0.25

# --- REST API ------------------------------------------------------------------------------------------------------

# The browsable API runs queries for its forms and shows more than JSON does: for developers and the demo.
API_BROWSABLE = env.flag("API_BROWSABLE", not PRODUCTION)

# How many facts one body may have in one list; longer lists are written fact by fact.
API_ROWS_PER_LIST = env.number("API_ROWS_PER_LIST", 200, at_least=1, example="200")

REST_FRAMEWORK = {
    # the first one also says how to log in, with each 401
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.rest.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.rest.policies.MayWrite"],
    "DEFAULT_PARSER_CLASSES": ["core.rest.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["core.rest.renderers.TextRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.rest.policies.Negotiation",
    "DEFAULT_METADATA_CLASS": "core.rest.policies.Description",
    "DEFAULT_THROTTLE_CLASSES": ["core.rest.throttling.PerMinute"],
    "DEFAULT_SCHEMA_CLASS": "core.rest.schema.RegistrySchema",
    "EXCEPTION_HANDLER": "core.rest.errors.answer_error",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": PROXIES,
}

# --- Public pages --------------------------------------------------------------------------------------------------

# The park that the front page tells as an example; none where there is none of this slug.
EXAMPLE_PARK = env.text("EXAMPLE_PARK", "jiangyin-jingjiang", example="suzhou-suqian")
# Where readers tell of a mistake.
CONTACT = env.text("CONTACT", "", example="mailto:parks@example.org")
if CONTACT and not CONTACT.startswith(("mailto:", "https://", "http://")):
    raise ImproperlyConfigured("CONTACT is where readers tell of a mistake: write mailto:parks@example.org, or a page.")
# Maps are drawn over the basemap that comes with the registry, or over the tiles of a server, whose maker is named.
MAP_TILES = env.tiles("MAP_TILES", None)
MAP_TILES_ATTRIBUTION = env.text("MAP_TILES_ATTRIBUTION", "", example="© OpenStreetMap contributors")
if bool(MAP_TILES) != bool(MAP_TILES_ATTRIBUTION):
    raise ImproperlyConfigured(
        "MAP_TILES and MAP_TILES_ATTRIBUTION belong together: set both, or unset both for the basemap of the registry."
    )
# what the pages may load beside what comes from here (see config.headers)
MAP_TILES_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(MAP_TILES))] if MAP_TILES else []

# --- Import --------------------------------------------------------------------------------------------------------

# Where files lie that somebody imports, and what was said of each of their lines; nothing serves them.
IMPORT_FILES = env.text("IMPORT_FILES", str(VAR_DIR / "imports"), example="/srv/registry/imports")
# A file that is larger is refused before it is read.
IMPORT_MEGABYTES = env.number("IMPORT_MEGABYTES", 200, at_least=1, example="200")

# --- Backups -------------------------------------------------------------------------------------------------------

# The folder of the backups, on another disk than the database: where they are written, and looked for by `doctor`.
BACKUPS = env.text("BACKUPS", "", example="/srv/backup/registry")

# --- API schema and docs -------------------------------------------------------------------------------------------

API_EXAMPLES = BASE_DIR / "config" / "api_examples.json"

SPECTACULAR_SETTINGS = {
    "TITLE": "Park registry",
    "DESCRIPTION": (BASE_DIR / "config" / "api_introduction.md").read_text(encoding="utf-8"),
    "VERSION": "1.0.0",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    # without the one that names choices: each of the many kinds says more with its values beside it
    "POSTPROCESSING_HOOKS": ["core.rest.schema.describe_problems"],
    # the same addresses with a suffix for the format
    "PREPROCESSING_HOOKS": ["drf_spectacular.hooks.preprocess_exclude_path_format"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # no query to a validator elsewhere
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None, "docExpansion": "none", "filter": True},
}

# --- API tokens ----------------------------------------------------------------------------------------------------

REST_KNOX = {
    "TOKEN_TTL": env.duration("API_TOKEN_LIFETIME", timedelta(days=365), example="90d"),
    "AUTH_HEADER_PREFIX": "Token",
}

# --- Admin ---------------------------------------------------------------------------------------------------------

# a page of a park with many facts has many fields
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

UNFOLD = look.UNFOLD
