"""Two small plans in Markdown, laid out as seeds 001 and 002 are, and one damaged by a wrong encoding."""

import ftfy.bad_codecs  # noqa: F401 - registers the codec that does the damage

UNFINISHED = "TO" + "DO"

PHASES = f"""\
# Harbour Master Plan

**Code**: HARBOUR
**Document Status**: AUTHORITATIVE — work follows this plan
**Created**: 2026-03-01
**Authority**: Harbour Board
**Copyright**: nobody's

---

## Why we do this

Ships wait too long. See [the survey](survey.md).

> A harbour is a promise.

## Phase Overview (Revised)

| Phase | Name | Duration | Status | Dependency | Budget |
|-------|------|----------|--------|------------|--------|
| **P0** | Survey | DONE | ✅ Complete | None | 10 |
| **P1** | Quay | 2 weeks | 📋 Specified | P0 | |
| **P2** | Opening | 1 week | 📋 Specified | P1 | 30 |

**Total Timeline**: 3 weeks.

## Phase P1: Quay

**Duration**: 2 weeks
**Owner**: Quay Lead + Crew
**Prerequisites**: P0 complete
**Start**: 2026-04-01
**End**: 2026-04-14
**Status**: NOT STARTED
**Weather**: fair

### Objective
Ships can moor. Two at a time.

### Deliverables (first half)

| ID | Deliverable | Acceptance Criteria | Crane |
|----|-------------|---------------------|-------|
| P1.1 | Bollards | Each holds 40 tonnes | large |
| P1.2 | Resolve all {UNFINISHED}s | Nobody trips |  |
| P1.3 | ≥90% test coverage | Failures \\| storms tested |  |

### Technical Specifications

**P1.1: Bollards**
- Create: `quay/bollards.py`, `quay/rings.py`
- Location: `quay/plan.py`
- Load: 40 tonnes

**P1.3: Tests**
Required test files:
```
quay/tests/test_bollards.py
quay/tests/test_rings.py (exists, extend)
```

**Signals (All)**
- Lamps are green

### Quality Gates
- [ ] All tests pass
- [x] ≥90% coverage on new code
- [ ] Zero {UNFINISHED} comments
- [ ] Runbook for storms
- [ ] The harbour master has walked it

### Files to Create/Modify
```
quay/bollards.py (CREATE)
quay/settings.py (MODIFY - tides)
docs/runbooks/storms.md (CREATE)
```

### Remarks
Mind the cat.

## Phase P2: Opening

**Duration**: 1 week
**Owner**: Harbour Board
**Prerequisites**: P0 to P1 complete
**Status**: NOT STARTED

### Strategic Decision Required
**Before this phase begins, the board must decide:**
- **Option A**: A band
- **Option B**: A choir

This plan documents Option B (cheaper).

### GO Criteria

**All must be TRUE:**
- [ ] All ships are insured
- [ ] ≥90% test coverage across all code

### NO-GO Triggers
- Test coverage <90%
- Storm warning

## Cross-Phase Quality Standards

### Every Phase Must Have:

1. **Test Coverage ≥90%** — enforced by CI
2. **Documentation** — charts and logs

### Phase Completion Checklist

Before marking any phase complete:
- [ ] All deliverables completed
- [ ] No new linting warnings

## Risk Management

| Risk | Probability | Impact | Mitigation |
|------|-------------|--------|------------|
| Storm | High | Critical | Wait; then moor |

## Governance & Reporting

### Weekly Status Reports
Each owner reports:
- Progress
- Blockers

### Escalation Path
If blocked:
1. Crew calls the lead
2. Lead calls the board

## Known Inputs
- Depth: 12 metres
- Tide port: 8000, Lamp port: 9000

## Missing Inputs
- CRANE_MODEL: which crane it is
- HARBOUR_API_KEY, optional

## Appendix: Documents

| Phase | Specification Document |
|-------|------------------------|
| P1 | [quay.md](quay.md) |

---

**Deviations need the board.**
"""

BATCHES = """\
Lighthouse Keeper's Brief (Strict)
Identity
You build the lighthouse, Batches 1\u20133.

0. Absolute rules
Never leave the lamp.

1. Known Inputs (do NOT ask about these)
Use these.

Project name: Lighthouse.

Lamp: Fresnel lens, third order.

Lamp port: 8000, Horn port: 9000 (defaults).

2. Missing inputs you MUST request
Director — I need the following values to proceed:

TOWER_HEIGHT (in metres).

LAMP_API_KEY (for the horn). Optional.

Any drawings of the old tower (list of files).

Once you provide these, I begin.

3. Where to begin — EXACT first actions (Batch 1 start)
Do this in order.

Files to create (exact paths & names):

README.md (the story)

tower/stairs.py + walls.py

Run git commit.

Verify:

The tower stands

The lamp is lit.

If anything fails: stop.

4. Testing & verification rules (applies to all batches)
Lamp tests: Light it once a day.

5. Log book
Write it by hand.

## <date> — <weather>

1. wind
2. waves

6. How to implement & test each batch (high level)
For each Batch N (1 through 3), follow this sequence:

Plan

Create a plan.md in docs/plans/batch<N>.md describing stones.

Commit plan: git commit -m "plan(batch<N>): stones"

Unit tests

Run tests/integration/test_batch<N>.sh. Save the log.

Push & PR

Open it with the template:

Summary of stones

How to climb

Merge

After the Director approves, merge feat/batchN-stones.

Production steps (if requested)

Light the lamp.

7. Finalization (after Batch 3)
Before handing over, the keeper must:

Produce HANDOVER.md for the next keeper.

Ensure docs/ contains:

Tide tables

Star charts

Only after all this is the lighthouse done.

8. Roadmap
Batch 1: Foundation
Batch 2 — Tower

9. Final handoff checklist (verify all)
 HANDOVER.md, docs/ exist.

 [x] The lamp burns.

If any item is unverified, wait.
"""


def damaged(text: str) -> str:
    """Give a text as it looks after it was saved as UTF-8 and read as Windows-1252."""
    return "\n".join(line.encode().decode("sloppy-windows-1252") for line in text.split("\n"))
