#include "cli/exit_code.h"

#include "proto/convert.h"
#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

TEST_F(CliTest, EachStatusHasItsExitCode) {
  const struct {
    grpc::StatusCode status;
    int code;
    const char* says;
  } cases[] = {
      {grpc::StatusCode::INVALID_ARGUMENT, 2, "not usable: the detail"},
      {grpc::StatusCode::NOT_FOUND, 3, "not found: the detail"},
      {grpc::StatusCode::PERMISSION_DENIED, 4, "not allowed: the detail"},
      {grpc::StatusCode::UNAUTHENTICATED, 4, "not signed in: the detail"},
      {grpc::StatusCode::ABORTED, 5, "changed in between"},
      {grpc::StatusCode::DATA_LOSS, 6, "damaged: the detail"},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, 1, "too much at once: the detail"},
      {grpc::StatusCode::UNAVAILABLE, 1, "does not answer"},
      {grpc::StatusCode::DEADLINE_EXCEEDED, 1, "look before you ask again"},
      {grpc::StatusCode::UNIMPLEMENTED, 1, "does not know this call"},
      {grpc::StatusCode::INTERNAL, 1, "outcome unknown: the detail"},
      {grpc::StatusCode::UNKNOWN, 1, "outcome unknown: the detail"},
  };
  for (const auto& c : cases) {
    agent_.devices.status = {c.status, "the detail"};
    const Outcome outcome = Run("device list");
    EXPECT_EQ(outcome.code, c.code) << c.says;
    EXPECT_EQ(outcome.out, "") << c.says;
    EXPECT_TRUE(outcome.err.starts_with("sekisho: ")) << outcome.err;
    EXPECT_NE(outcome.err.find(c.says), std::string::npos) << outcome.err;
  }
}

TEST_F(CliTest, Z9_AConflictTellsWhatChangedAndWhatTheFasterOneSays) {
  v1::DecisionConflict conflict;
  conflict.add_decided_by("bob");
  conflict.set_reason("our own \x1b[2Jsite");
  auto& change = *conflict.add_changes();
  change.set_field("lifetime");
  change.set_before("7d");
  change.set_after("3d");
  agent_.devices.status =
      proto::ToStatus({policy::ErrorCode::conflict, "somebody was faster"}, &conflict);
  const Outcome outcome = Run("device list");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_NE(outcome.err.find("somebody was faster; lifetime: 7d, now 3d; bob says: our own"),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos) << outcome.err;
}

TEST_F(CliTest, WhatCannotBeTypedIsAUsageError) {
  for (const char* words : {"",
                            "nonsense",
                            "queue",
                            "queue show",
                            "queue show x",
                            "queue show 0",
                            "queue show 1 2",
                            "queue list --kind hash",
                            "queue list --limit 0",
                            "queue list --limit 10001",
                            "queue approve 1",
                            "queue approve --reason r",
                            "queue approve 1 --filter x --reason r",
                            "queue approve 1 --reason r --expires never",
                            "queue reject 1 --reason r --expires 7d",
                            "block add --reason r",
                            "block revoke --reason r",
                            "block revoke 1 evil.example --reason r",
                            "why",
                            "why evil.example --at yesterday",
                            "release show",
                            "release show -1",
                            "release diff 1",
                            "brake release --reason r",
                            "feed list --output yaml",
                            "feed list --timeout soon",
                            "feed list --lang de",
                            "history proof x",
                            "feed list --certificate only.pem",
                            "feed list --ca missing.pem",
                            "feed list --config missing.yaml"}) {
    const Outcome outcome = Run(words);
    EXPECT_EQ(outcome.code, 2) << words << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "") << words;
    EXPECT_NE(outcome.err, "") << words;
  }
}

TEST_F(CliTest, ABlankReasonIsNone) {
  for (const std::string command : {"approve", "reject", "defer"}) {
    EXPECT_EQ(RunWords({"queue", command, "1", "--reason", " "}).code, 2);
  }
  EXPECT_EQ(RunWords({"block", "add", "evil.example", "--reason", ""}).code, 2);
  EXPECT_EQ(RunWords({"brake", "release", "4", "--reason", "\t"}).code, 2);
  EXPECT_TRUE(agent_.queue.decisions.empty());
}

TEST_F(CliTest, HelpIsWhatWasAskedFor) {
  const Outcome outcome = Run("queue approve --help");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("--dry-run"), std::string::npos);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(Run("--version").out, "sekisho 0.1.0\n");
}

TEST_F(CliTest, WithoutAnAgentItSaysHowToNameOne) {
  environment_.erase("SEKISHO_AGENT");
  const Outcome outcome = Run("feed list");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("--agent HOST:PORT"), std::string::npos) << outcome.err;
}

TEST_F(CliTest, AWrongTokenIsDenied) {
  WriteFile("token", "mallory\n");
  EXPECT_EQ(Run("device list").code, 4);
  environment_.erase("SEKISHO_TOKEN_FILE");
  EXPECT_EQ(Run("device list").code, 4);
}

TEST_F(CliTest, ATokenFileHoldsOneTokenOnly) {
  for (const char* text : {"", "\n", "two words", "two\nlines", "tab\t", "\x1b"}) {
    WriteFile("token", text);
    EXPECT_EQ(Run("device list").code, 2) << text;
  }
  WriteFile("token", std::string(5000, 'x'));
  EXPECT_EQ(Run("device list").code, 2);
  environment_["SEKISHO_TOKEN_FILE"] = folder_ / "missing";
  EXPECT_EQ(Run("device list").code, 2);
}

TEST_F(CliTest, TrustsNoAgentButThatOfItsCa) {
  const FakeAgent another;
  WriteFile("ca.pem", another.ca_pem());
  const Outcome outcome = Run("device list --timeout 10s");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("--ca"), std::string::npos) << outcome.err;
}

TEST_F(CliTest, ErrorsAreInTheUsersLanguage) {
  environment_["LANG"] = "ja_JP.UTF-8";
  EXPECT_NE(Run("queue show 9").err.find("見つかりません"), std::string::npos);
  EXPECT_NE(Run("queue show 9 --lang en").err.find("not found"), std::string::npos);
}

}  // namespace
}  // namespace cli::testing
