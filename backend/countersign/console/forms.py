"""The forms behind the console's services."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.contrib.auth.password_validation import validate_password

from countersign.accounts.models import ApiToken, RoleAssignment, User

if TYPE_CHECKING:
    # At run time the class takes no type argument.
    _UserForm = forms.ModelForm[User]
    _RoleAssignmentForm = forms.ModelForm[RoleAssignment]
    _ApiTokenForm = forms.ModelForm[ApiToken]
else:
    _UserForm = _RoleAssignmentForm = _ApiTokenForm = forms.ModelForm

MAX_TOKEN_DAYS = 365


class UserForm(_UserForm):
    """A new user and the person behind it."""

    name = forms.CharField(max_length=200, help_text="The person's name.")
    password = forms.CharField(
        required=False,
        widget=forms.PasswordInput,
        help_text="Leave it empty for somebody who logs in with one-time links.",
    )

    class Meta:
        """The address is the login."""

        model = User
        fields: ClassVar[list[str]] = ["email"]

    def clean_password(self) -> str:
        """Refuse a weak password.

        Raises:
            ValidationError: it is too short, too common or too like the address.
        """
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password, User(email=str(self.data.get("email", ""))))
        return password


class RoleAssignmentForm(_RoleAssignmentForm):
    """A person gets a role."""

    class Meta:
        """Person and role."""

        model = RoleAssignment
        fields: ClassVar[list[str]] = ["person", "role"]


class ApiTokenForm(_ApiTokenForm):
    """A new bearer token."""

    days = forms.IntegerField(
        min_value=1, max_value=MAX_TOKEN_DAYS, initial=30, help_text="Valid for so many days."
    )

    class Meta:
        """Whose token, and what for."""

        model = ApiToken
        fields: ClassVar[list[str]] = ["user", "label"]
