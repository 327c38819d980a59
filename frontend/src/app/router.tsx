import { type QueryClient, useSuspenseQuery } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  Link,
  redirect,
  useRouter,
} from "@tanstack/react-router";

import { EmptyState, Page, Waiting } from "@/components/page";
import { ProblemNotice } from "@/components/notice";
import { searchRead } from "@/features/audit/search";
import { InboxPage } from "@/features/decisions/inbox-page";
import { decisionQuery, inboxQuery, type InboxTab } from "@/features/decisions/queries";
import { STRINGS as DECISIONS } from "@/features/decisions/strings";
import { passkeysQuery } from "@/features/passkeys/queries";
import { STRINGS as PASSKEYS } from "@/features/passkeys/strings";
import { planQuery, plansQuery } from "@/features/plans/queries";
import { STRINGS as PLANS } from "@/features/plans/strings";
import { runQuery, runsQuery } from "@/features/runs/queries";
import { STRINGS as RUNS } from "@/features/runs/strings";
import { insideApp, safeNext, takeFragmentToken } from "@/features/session/fragment";
import { LoginPage } from "@/features/session/login-page";
import { meQuery, oneTimeLogin, sessionKeys } from "@/features/session/queries";
import { STRINGS as SESSION } from "@/features/session/strings";
import { asProblem, ProblemError } from "@/lib/problem";

import { Shell } from "./shell";
import { STRINGS } from "./strings";

const DecisionPage = lazyRouteComponent(() => import("@/features/decisions/decision-page"), "DecisionPage");
const PlansPage = lazyRouteComponent(() => import("@/features/plans/plans-page"), "PlansPage");
const BoardPage = lazyRouteComponent(() => import("@/features/plans/board-page"), "BoardPage");
const RunsPage = lazyRouteComponent(() => import("@/features/runs/runs-page"), "RunsPage");
const PasskeysPage = lazyRouteComponent(() => import("@/features/passkeys/passkeys-page"), "PasskeysPage");
const BreakGlassPage = lazyRouteComponent(() => import("@/features/break-glass/break-glass-page"), "BreakGlassPage");
const VerifyPage = lazyRouteComponent(() => import("@/features/verify/verify-page"), "VerifyPage");
const QueuePage = lazyRouteComponent(() => import("@/features/queue/queue-page"), "QueuePage");
const AbsencesPage = lazyRouteComponent(() => import("@/features/absences/absences-page"), "AbsencesPage");
const ExceptionsPage = lazyRouteComponent(() => import("@/features/exceptions/exceptions-page"), "ExceptionsPage");
const RunPage = lazyRouteComponent(() => import("@/features/runs/run-page"), "RunPage");
const AuditPage = lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage");
const QuorumsPage = lazyRouteComponent(() => import("@/features/quorums/quorums-page"), "QuorumsPage");

interface Context {
  queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<Context>()({ notFoundComponent: NotFound, errorComponent: Fault });

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: (search): { next?: string } => (typeof search["next"] === "string" ? { next: search["next"] } : {}),
  loaderDeps: ({ search }) => search,
  // Once, when the page is entered: the link is good for one post.
  loader: async ({ context, deps, preload }) => {
    if (preload) return null;
    const token = takeFragmentToken();
    if (token === null) return null;
    try {
      const me = await oneTimeLogin(token);
      context.queryClient.clear();
      context.queryClient.setQueryData(sessionKeys.me, me);
    } catch (error) {
      return asProblem(error);
    }
    throw redirect({ href: safeNext(deps.next), replace: true });
  },
  gcTime: 0,
  pendingMs: 0,
  pendingComponent: () => <Waiting what={SESSION.linkSubmitting} />,
  component: Login,
});

function Login() {
  const problem = loginRoute.useLoaderData();
  const { next } = loginRoute.useSearch();
  const router = useRouter();
  return (
    <LoginPage
      linkProblem={problem}
      next={safeNext(next)}
      onSignedIn={() => {
        const place = safeNext(next);
        if (insideApp(place)) router.history.replace(place);
        else window.location.replace(place);
      }}
    />
  );
}

/** Open to everybody: whoever checks the platform needs no account on it. */
const verifyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/verify",
  loader: () => VerifyPage.preload?.(),
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: VerifyPage,
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.query({ ...meQuery, staleTime: "static" });
    } catch (error) {
      if (error instanceof ProblemError && (error.status === 401 || error.status === 403)) {
        throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href }, replace: true });
      }
      throw error;
    }
  },
  component: Shell,
  errorComponent: Fault,
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
});

const indexRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/inbox", search: {}, replace: true });
  },
});

const inboxRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/inbox",
  validateSearch: (search): { tab?: "decided" } => (search["tab"] === "decided" ? { tab: "decided" } : {}),
  loaderDeps: ({ search }): { tab: InboxTab } => ({ tab: search.tab ?? "pending" }),
  loader: ({ context, deps }) => context.queryClient.infiniteQuery({ ...inboxQuery(deps.tab), staleTime: "static" }),
  pendingComponent: () => <Waiting what={DECISIONS.loadingInbox} />,
  component: function Inbox() {
    const { tab } = inboxRoute.useLoaderDeps();
    return <InboxPage key={tab} tab={tab} />;
  },
});

const decisionRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/decisions/$id",
  loader: ({ context, params }) =>
    Promise.all([DecisionPage.preload?.(), context.queryClient.query({ ...decisionQuery(params.id), staleTime: "static" })]),
  pendingComponent: () => <Waiting what={DECISIONS.loadingDecision} />,
  component: function Decision() {
    const { id } = decisionRoute.useParams();
    return <DecisionPage key={id} id={id} />;
  },
});

const plansRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/plans",
  loader: async ({ context }) => {
    const plans = await context.queryClient.query({ ...plansQuery, staleTime: "static" });
    const only = plans.results.length === 1 ? plans.results[0] : undefined;
    if (only !== undefined) throw redirect({ to: "/plans/$id", params: { id: only.id }, replace: true });
    await PlansPage.preload?.();
  },
  pendingComponent: () => <Waiting what={PLANS.loading} />,
  component: PlansPage,
});

const planRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/plans/$id",
  loader: ({ context, params }) =>
    Promise.all([BoardPage.preload?.(), context.queryClient.query({ ...planQuery(params.id), staleTime: "static" })]),
  pendingComponent: () => <Waiting what={PLANS.loading} />,
  component: function Board() {
    const me = useSuspenseQuery(meQuery).data;
    return <BoardPage id={planRoute.useParams().id} answers={me.permissions.includes("input.answer")} />;
  },
});

const runsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/runs",
  loader: ({ context }) => Promise.all([RunsPage.preload?.(), context.queryClient.infiniteQuery({ ...runsQuery, staleTime: "static" })]),
  pendingComponent: () => <Waiting what={RUNS.loading} />,
  component: RunsPage,
});

const runRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/runs/$id",
  loader: ({ context, params }) =>
    Promise.all([RunPage.preload?.(), context.queryClient.query({ ...runQuery(params.id), staleTime: "static" })]),
  pendingComponent: () => <Waiting what={RUNS.loadingOne} />,
  component: function Run() {
    const { id } = runRoute.useParams();
    return <RunPage key={id} id={id} />;
  },
});

const queueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/queue",
  validateSearch: (search): { project?: string } => (typeof search["project"] === "string" ? { project: search["project"] } : {}),
  loader: async ({ context }) => {
    const [{ queueProjectsQuery }] = await Promise.all([import("@/features/queue/queries"), QueuePage.preload?.()]);
    return context.queryClient.query({ ...queueProjectsQuery, staleTime: "static" });
  },
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: function Queue() {
    return <QueuePage project={queueRoute.useSearch().project} />;
  },
});

const passkeysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/passkeys",
  loader: ({ context }) => Promise.all([PasskeysPage.preload?.(), context.queryClient.query({ ...passkeysQuery, staleTime: "static" })]),
  pendingComponent: () => <Waiting what={PASSKEYS.loading} />,
  component: function Passkeys() {
    const me = useSuspenseQuery(meQuery).data;
    return <PasskeysPage decides={me.permissions.includes("decision.write")} />;
  },
});

const breakGlassRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/break-glass",
  loader: async ({ context }) => {
    const [{ glassQuery }] = await Promise.all([import("@/lib/break-glass"), BreakGlassPage.preload?.()]);
    return context.queryClient.query({ ...glassQuery, staleTime: "static" });
  },
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: BreakGlassPage,
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/audit",
  validateSearch: searchRead,
  loader: () => AuditPage.preload?.(),
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: function Audit() {
    const me = useSuspenseQuery(meQuery).data;
    return <AuditPage search={auditRoute.useSearch()} reads={me.permissions.includes("audit.read")} />;
  },
});

const quorumsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/who-decides",
  loader: async ({ context }) => {
    const [{ policiesQuery }] = await Promise.all([import("@/features/quorums/queries"), QuorumsPage.preload?.()]);
    return context.queryClient.query({ ...policiesQuery, staleTime: "static" });
  },
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: QuorumsPage,
});

const absencesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/absences",
  loader: async ({ context }) => {
    const [{ absencesQuery }] = await Promise.all([import("@/features/absences/queries"), AbsencesPage.preload?.()]);
    return context.queryClient.query({ ...absencesQuery, staleTime: "static" });
  },
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: function Absences() {
    const me = useSuspenseQuery(meQuery).data;
    return <AbsencesPage declares={me.permissions.includes("absence.write")} />;
  },
});

const exceptionsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/exceptions",
  validateSearch: (search): { run?: string } => (typeof search["run"] === "string" ? { run: search["run"] } : {}),
  loader: async ({ context }) => {
    const [{ exceptionsQuery }] = await Promise.all([import("@/features/exceptions/queries"), ExceptionsPage.preload?.()]);
    return context.queryClient.query({ ...exceptionsQuery, staleTime: "static" });
  },
  pendingComponent: () => <Waiting what={STRINGS.loading} />,
  component: function Exceptions() {
    return <ExceptionsPage run={exceptionsRoute.useSearch().run} />;
  },
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  verifyRoute,
  shellRoute.addChildren([indexRoute, inboxRoute, decisionRoute, plansRoute, planRoute, runsRoute, runRoute, queueRoute, passkeysRoute, absencesRoute, exceptionsRoute, breakGlassRoute, auditRoute, quorumsRoute]),
]);

function NotFound() {
  return (
    <Page title={STRINGS.notFound}>
      <EmptyState title={STRINGS.notFoundNext}>
        <p>
          <Link to="/inbox">Go to the inbox</Link>
        </p>
      </EmptyState>
    </Page>
  );
}

function Fault({ error }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asProblem(error);
  return (
    <Page title={problem.status === 404 ? STRINGS.notFound : problem.title}>
      <ProblemNotice
        error={problem}
        {...(problem.status === 404 ? {} : { retry: () => void router.invalidate() })}
        wayOn={<Link to="/inbox">Go to the inbox</Link>}
      />
    </Page>
  );
}

function searchWrite(search: Record<string, unknown>): string {
  const given = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultErrorComponent: Fault,
    defaultNotFoundComponent: NotFound,
    // Text as it stands in the address: the router by itself would make a number of "2024", and 7 of "007".
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: searchWrite,
    defaultPreload: "intent",
    // TanStack Query decides what is stale.
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 300,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
