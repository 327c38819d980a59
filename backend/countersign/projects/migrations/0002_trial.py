"""Whether a project is a trial is fixed when it is registered: the database holds it as a second lock."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

_FORWARD = """
CREATE FUNCTION project_trial_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(OLD.settings -> 'trial', 'false') IS DISTINCT FROM coalesce(NEW.settings -> 'trial', 'false') THEN
        RAISE EXCEPTION 'whether a project is a trial is chosen when it is registered'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.settings -> 'trial' = 'true' AND NEW.default_branch <> '' AND NEW.default_branch NOT LIKE 'trial/%' THEN
        RAISE EXCEPTION 'a trial merges to a branch under trial/ only'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER project_trial_fixed BEFORE UPDATE ON projects_project
    FOR EACH ROW EXECUTE FUNCTION project_trial_fixed();
"""
_BACKWARD = """
DROP TRIGGER project_trial_fixed ON projects_project;
DROP FUNCTION project_trial_fixed();
"""


class Migration(migrations.Migration):
    """One trigger."""

    dependencies: ClassVar = [("projects", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(_FORWARD, _BACKWARD)]
