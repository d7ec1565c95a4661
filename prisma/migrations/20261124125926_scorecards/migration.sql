-- CreateTable
CREATE TABLE "scorecard" (
    "name" TEXT NOT NULL,
    "commit" TEXT NOT NULL,
    "basis" TEXT NOT NULL,
    "judgedAt" TIMESTAMP(3) NOT NULL,
    "problem" TEXT,
    "rules" JSONB NOT NULL,

    CONSTRAINT "scorecard_pkey" PRIMARY KEY ("name","commit")
);

-- CreateTable
CREATE TABLE "fix" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "base" TEXT NOT NULL,
    "requestedByEmail" TEXT NOT NULL,
    "requestedByName" TEXT NOT NULL,
    "requestedByLogin" TEXT,
    "requestedAt" TIMESTAMP(3) NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "commit" TEXT,
    "url" TEXT,
    "error" TEXT,

    CONSTRAINT "fix_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "scorecard_name_judgedAt_idx" ON "scorecard"("name", "judgedAt" DESC);

-- CreateIndex
CREATE INDEX "fix_status_idx" ON "fix"("status");

-- CreateIndex
CREATE INDEX "fix_name_commit_idx" ON "fix"("name", "commit");

-- CreateIndex
CREATE UNIQUE INDEX "fix_name_rule_base_key" ON "fix"("name", "rule", "base");
