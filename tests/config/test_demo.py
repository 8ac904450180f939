import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from config.management.commands.demo import make_login, refuse_taken_port
from tests.serving import free_port

STYLESHEET = "/static/unfold/css/styles.css"


@pytest.mark.django_db
def test_demo_login_is_made_once():
    make_login()
    make_login()
    demo = User.objects.get()
    assert (demo.username, demo.is_superuser, demo.check_password("demo")) == ("demo", True, True)


@pytest.mark.django_db
def test_demo_login_is_not_made_beside_the_users_of_others():
    User.objects.create_user("someone")
    make_login()
    assert not User.objects.filter(username="demo").exists()


@pytest.mark.django_db
def test_demo_refuses_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        call_command("demo", port=free_port())
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("port", [0, 65536])
def test_demo_refuses_what_is_no_port(port):
    with pytest.raises(CommandError, match=f"{port} is no port"):
        call_command("demo", port=port)


@pytest.mark.django_db
def test_demo_says_what_to_do_about_a_taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {port} cannot be used: .* make demo PORT="):
            call_command("demo", port=port)
    assert not User.objects.exists()


def test_demo_serves_what_it_announces_and_stops_at_ctrl_c(tmp_path):
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{tmp_path}/demo.sqlite3"}
    command = [sys.executable, "-u", "manage.py", "demo", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        # what a shell starts in the background does not hear Ctrl-C, nor would what is started by that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as demo:
        try:
            told = ""
            while "Ctrl-C" not in told:
                line = demo.stdout.readline()
                assert line, f"demo stopped by itself, after: {told}"
                told += line
            here = f"http://127.0.0.1:{port}"
            assert re.findall(r"http\S+", told) == [
                f"{here}{each}" for each in ("/", "/admin/", "/api/v1/", "/api/docs/")
            ]
            assert "Log in as demo with the password demo." in told
            for path in ["/en/", "/admin/", "/api/v1/", "/api/docs/", "/api/v1/parks/jiangyin-jingjiang/", STYLESHEET]:
                with urllib.request.urlopen(here + path, timeout=20) as response:
                    assert response.status == 200
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=20) == 0
        finally:
            demo.kill()
    # nothing holds the port any more
    refuse_taken_port(port)
