"""What answers say of themselves that Django's own middleware does not."""

from django.conf import settings


def permissions_policy(get_response):
    """Tell browsers that no page here, and nothing in one, asks for what a machine can see, hear or pay with."""

    def answer(request):
        response = get_response(request)
        if not request.path_info.startswith(settings.SERVICE_PATHS):
            response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        return response

    return answer
