import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { ProblemError } from "@/lib/problem";

import classes from "./login.module.css";
import { type LoginOffer, loginOfferQuery, SECOND_FACTOR, useLogin, usePasskeyLogin } from "./queries";
import { STRINGS } from "./strings";

interface LoginPageProps {
  /** What became of a one-time link that did not work. */
  linkProblem: ProblemError | null;
  /** Where a page that asks for a second factor leads afterwards. */
  next: string;
  onSignedIn: () => void;
}

export function LoginPage({ linkProblem, next, onSignedIn }: LoginPageProps) {
  const login = useLogin();
  const offer = useQuery(loginOfferQuery).data;
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
        {login.isError && !needsSecondFactor(login.error) && <ProblemNotice error={login.error} />}
        <form
          className={classes["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            login.mutate(
              { email, password, next },
              {
                onSuccess: onSignedIn,
                onError: (error) => {
                  if (needsSecondFactor(error)) window.location.assign(SECOND_FACTOR);
                },
              },
            );
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
        {offer !== undefined && <OtherWays offer={offer} next={next} onSignedIn={onSignedIn} />}
        <p className={classes["or"]}>
          <Link to="/verify">{STRINGS.verify}</Link>
        </p>
      </div>
    </main>
  );
}

const needsSecondFactor = (error: unknown): boolean =>
  error instanceof ProblemError && error.code === "login_incomplete";

function OtherWays({ offer, next, onSignedIn }: { offer: LoginOffer; next: string; onSignedIn: () => void }) {
  const passkey = usePasskeyLogin();
  const signOn = offer.single_sign_on;
  const passkeys = offer.passkey && "PublicKeyCredential" in window;
  if (!passkeys && signOn === null) return null;
  return (
    <div className={classes["others"]}>
      <p className={classes["or"]}>{STRINGS.or}</p>
      {passkey.isError && <ProblemNotice error={passkey.error} />}
      {passkeys && (
        <Button
          variant="default"
          size="sm"
          disabled={passkey.isPending}
          onClick={() => {
            passkey.mutate(undefined, { onSuccess: onSignedIn });
          }}
        >
          {passkey.isPending ? STRINGS.passkeyWaiting : STRINGS.passkey}
        </Button>
      )}
      {signOn !== null && (
        <Button component="a" variant="default" size="sm" href={`${signOn.url}?next=${encodeURIComponent(next)}`}>
          {STRINGS.singleSignOn(signOn.name)}
        </Button>
      )}
    </div>
  );
}
