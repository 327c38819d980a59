import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";

import { ProblemNotice } from "@/components/notice";
import type { ProblemError } from "@/lib/problem";

import classes from "./login.module.css";
import { useLogin } from "./queries";
import { STRINGS } from "./strings";

/** `linkProblem` is what became of a one-time link that did not work. */
export function LoginPage({ linkProblem, onSignedIn }: { linkProblem: ProblemError | null; onSignedIn: () => void }) {
  const login = useLogin();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    document.title = `${STRINGS.title} · Countersign`;
  }, []);
  return (
    <main className={classes["screen"]}>
      <div className={classes["card"]}>
        <div className={classes["brand"]}>
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" />
          <h1>Countersign</h1>
        </div>
        <p className={classes["claim"]}>{STRINGS.claim}</p>
        {linkProblem !== null && !login.isError && (
          <ProblemNotice error={linkProblem}>
            <p>{STRINGS.linkFailed}</p>
          </ProblemNotice>
        )}
        {login.isError && <ProblemNotice error={login.error} />}
        <form
          className={classes["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            login.mutate({ email, password }, { onSuccess: onSignedIn });
          }}
        >
          <TextInput
            label={STRINGS.email}
            type="email"
            name="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => {
              setEmail(event.currentTarget.value);
            }}
          />
          <PasswordInput
            label={STRINGS.password}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => {
              setPassword(event.currentTarget.value);
            }}
          />
          <Button type="submit" size="sm" disabled={login.isPending}>
            {login.isPending ? STRINGS.submitting : STRINGS.submit}
          </Button>
        </form>
      </div>
    </main>
  );
}
