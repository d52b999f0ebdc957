"""What is served."""

from django.core.asgi import get_asgi_application

from notifications import asgi

application = asgi.wrap(get_asgi_application())
