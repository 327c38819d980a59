"""Django as WSGI: the API, the console and the UI."""

from django.core.wsgi import get_wsgi_application

from countersign.shared.env import django_settings_ensure

django_settings_ensure()

application = get_wsgi_application()
