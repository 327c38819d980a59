import { ActionIcon, Kbd, Modal, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Fragment, lazy, Suspense, useState } from "react";

import { AwayIcon, BoardIcon, ExceptionIcon, GlassIcon, HelpIcon, InboxIcon, KeyIcon, LeaveIcon, LogIcon, MoonIcon, PeopleIcon, QueueIcon, RunIcon, SunIcon } from "@/components/icons";
import { useKeys } from "@/components/keys";
import { meQuery, useLogout } from "@/features/session/queries";

import classes from "./shell.module.css";
import { KEYS, STRINGS } from "./strings";

const GlassBanner = lazy(async () => ({ default: (await import("@/features/break-glass/banner")).GlassBanner }));

export function Shell() {
  const [help, setHelp] = useState(false);
  const me = useSuspenseQuery(meQuery).data;
  useKeys({
    "?": () => {
      setHelp(true);
    },
  });
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#content">
        {STRINGS.skip}
      </a>
      <header className={classes["side"]}>
        <Link to="/inbox" className={classes["brand"]} aria-label="Countersign">
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" />
          <span>Countersign</span>
        </Link>
        <nav className={classes["nav"]} aria-label="Main">
          <Link to="/inbox" className={classes["link"]}>
            <InboxIcon /> {STRINGS.inbox}
          </Link>
          <Link to="/plans" className={classes["link"]}>
            <BoardIcon /> {STRINGS.plans}
          </Link>
          <Link to="/runs" className={classes["link"]}>
            <RunIcon /> {STRINGS.runs}
          </Link>
          <Link to="/queue" className={classes["link"]}>
            <QueueIcon /> {STRINGS.queue}
          </Link>
          <Link to="/passkeys" className={classes["link"]}>
            <KeyIcon /> {STRINGS.passkeys}
          </Link>
          <Link to="/absences" className={classes["link"]}>
            <AwayIcon /> {STRINGS.absences}
          </Link>
          <Link to="/break-glass" className={classes["link"]}>
            <GlassIcon /> {STRINGS.breakGlass}
          </Link>
          <Link to="/exceptions" search={{}} className={classes["link"]}>
            <ExceptionIcon /> {STRINGS.exceptions}
          </Link>
          <Link to="/who-decides" className={classes["link"]}>
            <PeopleIcon /> {STRINGS.whoDecides}
          </Link>
          {me.permissions.includes("audit.read") && (
            <Link to="/audit" search={{}} className={classes["link"]}>
              <LogIcon /> {STRINGS.log}
            </Link>
          )}
        </nav>
        <Foot
          onHelp={() => {
            setHelp(true);
          }}
        />
      </header>
      <main id="content" tabIndex={-1}>
        <Suspense>
          <GlassBanner />
        </Suspense>
        <Outlet />
      </main>
      <Modal
        opened={help}
        onClose={() => {
          setHelp(false);
        }}
        title={STRINGS.help}
      >
        <dl className={classes["keys"]}>
          {KEYS.map(([key, what]) => (
            <Fragment key={key}>
              <dt>
                <Kbd size="xs">{key}</Kbd>
              </dt>
              <dd>{what}</dd>
            </Fragment>
          ))}
        </dl>
      </Modal>
    </div>
  );
}

function Foot({ onHelp }: { onHelp: () => void }) {
  const me = useSuspenseQuery(meQuery).data;
  const navigate = useNavigate();
  const logout = useLogout();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const { setColorScheme } = useMantineColorScheme();
  const trust = me.installation.mode === "witnessed" ? "witnessed" : "selfAttested";
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <div className={classes["foot"]}>
      <Tooltip label={STRINGS[`${trust}Why`]} multiline w={240}>
        {/* Focusable, so that the explanation is there without a mouse. */}
        <button type="button" className={classes["trust"]}>
          {STRINGS[trust]}
        </button>
      </Tooltip>
      <Link to="/verify" className={classes["who"]}>
        {STRINGS.verify}
      </Link>
      {/* Pages of the platform's own, outside this app. */}
      <a className={classes["who"]} href="/account/" title={STRINGS.account(me.email)}>
        {me.display_name}
      </a>
      <div className={classes["tools"]}>
        <ActionIcon
          aria-label={STRINGS[other]}
          onClick={() => {
            setColorScheme(other);
          }}
        >
          {scheme === "dark" ? <SunIcon /> : <MoonIcon />}
        </ActionIcon>
        <ActionIcon aria-label={STRINGS.help} onClick={onHelp}>
          <HelpIcon />
        </ActionIcon>
        <ActionIcon
          aria-label={STRINGS.leave}
          onClick={() => {
            logout.mutate(undefined, { onSettled: () => void navigate({ to: "/login", search: {} }) });
          }}
        >
          <LeaveIcon />
        </ActionIcon>
      </div>
    </div>
  );
}
