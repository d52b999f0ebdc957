"""Signing in and out, devices and passwords: Django's own views with our pages and urls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash, views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from django.views.generic.edit import FormMixin

from accounts import devices, lockout, resets
from accounts.forms import LoginForm
from accounts.models import User
from accounts.refusals import later
from accounts.resets import ResetForm
from notifications.credentials.throttles import address_of

if TYPE_CHECKING:
    from django.contrib.auth.forms import (
        PasswordChangeForm,
        PasswordResetForm,
        SetPasswordForm,
    )
    from django.http import HttpRequest, HttpResponse


class _WithoutColons(FormMixin):  # type: ignore[type-arg]
    """A label stands above its field, as on all pages: no colon leads from it to that."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "label_suffix": ""}


class LoginView(_WithoutColons, views.LoginView):
    """Signs in; whoever is signed in already goes straight to ``?next=``, or to the inbox."""

    authentication_form = LoginForm
    redirect_authenticated_user = True
    template_name = "accounts/login.html"

    def get_success_url(self) -> str:
        """The ``?next=`` asked for; the inbox if that is another site or the login again."""
        url = super().get_success_url()
        # Django answers 500 when the page after the login is the login itself.
        return self.get_default_redirect_url() if urlsplit(url).path == self.request.path else url


class LogoutView(views.LogoutView):
    """Signs out, by POST only: a link or an image elsewhere must not do it."""


class DevicesView(LoginRequiredMixin, TemplateView):
    """Where one is signed in; GET lists, POST signs out one device, all others, or all."""

    template_name = "accounts/devices.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The page's context with the user's ``devices``."""
        listed = devices.devices_of(self._user, self.request.session.session_key)
        return super().get_context_data(devices=listed, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out what the pressed button names."""
        chosen = request.POST.get("everywhere")
        if chosen == "too":
            devices.sign_out_everywhere(self._user)
        elif chosen == "else":
            count = devices.sign_out_everywhere(self._user, but=request.session.session_key)
            text = ngettext(
                "Signed out on %(count)s other device.",
                "Signed out on %(count)s other devices.",
                count,
            )
            messages.success(request, text % {"count": count})
        elif devices.sign_out(self._user, request.POST.get("device", "")):
            messages.success(request, _("Signed out there."))
        else:
            messages.info(request, _("That device was signed out already."))
        if not request.session.exists(request.session.session_key or ""):
            logout(request)  # then the page asks to sign in
        return redirect("accounts:devices")

    @property
    def _user(self) -> User:
        assert isinstance(self.request.user, User)  # noqa: S101 (the mixin lets nobody else in)
        return self.request.user


class PasswordChangeView(_WithoutColons, views.PasswordChangeView):
    """Changes one's own password; this session goes on, all others of the user end."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:password_change_done")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save the password, and in the same transaction what this session is good by.

        Django writes the latter with the response: whoever looked in between, as streams do at
        once, would find that this session has ended too.
        """
        user = form.save(commit=False)  # takes a while, which no lock must last
        with transaction.atomic():
            user.save()
            update_session_auth_hash(self.request, user)
            self.request.session.save()
        return redirect(self.get_success_url())


class PasswordChangeDoneView(views.PasswordChangeDoneView):
    """Says that the password was changed."""

    template_name = "accounts/password_change_done.html"


class PasswordResetView(_WithoutColons, views.PasswordResetView):
    """Mails a link to whoever owns the address; the answer never tells if somebody does."""

    form_class = ResetForm
    template_name = "accounts/password_reset.html"
    email_template_name = "accounts/password_reset_email.txt"
    subject_template_name = "accounts/password_reset_subject.txt"
    success_url = reverse_lazy("accounts:password_reset_done")

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Note what was asked for, and answer."""
        client, email = address_of(self.request), form.cleaned_data["email"]
        if wait_s := resets.wait_s(client, email):
            return later(self.request, wait_s, "too_many_resets")
        # All that comes of the request is read now: when the mail is written it has been answered.
        save = partial(
            form.save,
            domain_override=self.request.get_host(),
            use_https=self.request.is_secure(),
            email_template_name=self.email_template_name,
            subject_template_name=self.subject_template_name,
        )
        resets.mail_soon(save)
        return redirect(self.success_url)


class PasswordResetDoneView(views.PasswordResetDoneView):
    """Says that a mail is on its way."""

    template_name = "accounts/password_reset_done.html"


class PasswordResetConfirmView(_WithoutColons, views.PasswordResetConfirmView):
    """Sets a new password for whoever followed the link of the mail."""

    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password_reset_complete")

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Save the password, and let its owner in even if wrong ones were tried before."""
        response = super().form_valid(form)
        lockout.unlock(User.objects.filter(pk=form.user.pk))
        return response


class PasswordResetCompleteView(views.PasswordResetCompleteView):
    """Says that the new password holds."""

    template_name = "accounts/password_reset_complete.html"
