#include "config/yaml.h"

#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace config {
namespace {

using policy::ErrorCode;

std::optional<std::string> FakeEnvironment(const std::string& name) {
  if (name == "TOKEN") return "s3cret";
  if (name == "PORT") return "8080";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

Document Parse(std::string_view text) {
  auto document = Document::Parse(text, "/etc/sekisho/agent.yaml", FakeEnvironment);
  if (!document) throw std::runtime_error(document.error().detail);
  return *std::move(document);
}

std::string ParseError(std::string_view text) {
  const auto document = Document::Parse(text, "agent.yaml", FakeEnvironment);
  return document ? "" : document.error().detail;
}

std::string Errors(const Document& document) {
  const auto finished = document.Finish();
  return finished ? "" : finished.error().detail;
}

TEST(YamlTest, ReadsTypedValues) {
  const Document document = Parse(
      "name: agent\nport: 443\nnegative: -5\non: true\nevery: 12h\n"
      "state: var/state\nabsolute: /srv/../tmp/x\nmode: strict\nfeeds: [a, \"b\"]\n"
      "labels: {zone: dmz, site: 'x'}\nnote: ''\n");
  const Node root = document.root();
  EXPECT_EQ(root.Require("name").AsString(), "agent");
  EXPECT_EQ(root.Require("port").AsInt(1, 65535), 443);
  EXPECT_EQ(root.Require("negative").AsInt(-10, 10), -5);
  EXPECT_TRUE(root.Require("on").AsBool());
  EXPECT_EQ(root.Require("every").AsDuration(), std::chrono::hours(12));
  EXPECT_EQ(root.Require("state").AsPath(), "/etc/sekisho/var/state");
  EXPECT_EQ(root.Require("absolute").AsPath(), "/tmp/x");
  EXPECT_EQ(root.Require("mode").AsChoice({"lax", "strict"}), 1U);
  EXPECT_EQ(root.Require("feeds").AsStrings(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(root.Require("note").AsText("fallback"), "");
  const auto labels = root.Require("labels").AsMap();
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].first, "zone");
  EXPECT_EQ(labels[1].second.AsString(), "x");
  EXPECT_EQ(Errors(document), "");
}

TEST(YamlTest, GivesTheFallbackForWhatIsAbsent) {
  const Document document = Parse("a: {}\n");
  const Node absent = document.root().Require("a").Optional("b");
  EXPECT_FALSE(absent.present());
  EXPECT_EQ(absent.Require("c").AsInt(0, 9, 7), 7);
  EXPECT_EQ(absent.AsString("x"), "x");
  EXPECT_TRUE(absent.AsBool(true));
  EXPECT_EQ(absent.AsDuration(std::chrono::minutes(5)), std::chrono::minutes(5));
  EXPECT_TRUE(absent.AsList().empty());
  EXPECT_TRUE(absent.AsMap().empty());
  EXPECT_EQ(Errors(document), "");
}

TEST(YamlTest, ReportsAllErrorsAtOnceInTheOrderOfTheFile) {
  const Document document = Parse(
      "listen: [1]\n"
      "port: http\n"
      "feeds:\n"
      "  - name: a\n"
      "    every: soon\n"
      "  - nmae: b\n"
      "    every: 1h\n"
      "extra: 1\n");
  const Node root = document.root();
  root.Require("token").AsString();
  root.Require("port").AsInt(1, 65535);
  root.Require("listen").AsString();
  for (const Node& feed : root.Require("feeds").AsList()) {
    feed.Require("name").AsString();
    feed.Require("every").AsDuration();
  }
  EXPECT_EQ(Errors(document),
            "/etc/sekisho/agent.yaml:1:1: key \"token\" is missing here\n"
            "/etc/sekisho/agent.yaml:1:9: must be a text, but is a list\n"
            "/etc/sekisho/agent.yaml:2:7: must be a whole number from 1 to 65535, not \"http\"\n"
            "/etc/sekisho/agent.yaml:5:12: must be a duration such as 90s, 30m, 12h or 7d, not "
            "\"soon\"\n"
            "/etc/sekisho/agent.yaml:6:5: key \"name\" is missing here\n"
            "/etc/sekisho/agent.yaml:6:5: unknown key \"nmae\"; did you mean \"name\"?\n"
            "/etc/sekisho/agent.yaml:8:1: unknown key \"extra\"");
  EXPECT_EQ(document.Finish().error().code, ErrorCode::malformed_input);
}

TEST(YamlTest, SuggestsTheKeyThatWasMeant) {
  const Document document = Parse("a:\n  feedz: []\n");
  document.root().Require("a").Optional("feeds").AsList();
  document.root().Require("a").Optional("queue");
  EXPECT_EQ(Errors(document),
            "/etc/sekisho/agent.yaml:2:3: unknown key \"feedz\"; did you mean \"feeds\"?");
}

TEST(YamlTest, GuessesNothing) {
  const Document document = Parse(
      "a: yes\nb: no\nc: 010\nd: 0x10\ne: 1.0\nf: 1_000\ng: +1\nh: True\n"
      "i: 99999999999999999999\nj: ''\nk:\nl: ~\nm: 5\n");
  const Node root = document.root();
  for (const char* key : {"a", "b", "h", "j", "k", "m"}) root.Require(key).AsBool();
  for (const char* key : {"c", "d", "e", "f", "g", "i", "j", "l"}) {
    root.Require(key).AsInt(0, 1'000'000);
  }
  root.Require("j").AsString();
  EXPECT_EQ(root.Require("b").AsString(), "no");
  const std::string errors = Errors(document);
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n') + 1, 15) << errors;
  EXPECT_NE(errors.find(":11:1: must be true or false, but is empty"), std::string::npos) << errors;
}

TEST(YamlTest, TakesVariablesFromTheEnvironment) {
  const Document document = Parse(
      "token: ${TOKEN}\nport: ${PORT}\nmixed: a-${TOKEN}-b\nplain: $${TOKEN} $5 $\n"
      "key: 'Bearer ${TOKEN}'\n");
  const Node root = document.root();
  EXPECT_EQ(root.Require("token").AsString(), "s3cret");
  EXPECT_EQ(root.Require("port").AsInt(1, 65535), 8080);
  EXPECT_EQ(root.Require("mixed").AsString(), "a-s3cret-b");
  EXPECT_EQ(root.Require("plain").AsString(), "${TOKEN} $5 $");
  EXPECT_EQ(root.Require("key").AsString(), "Bearer s3cret");
  EXPECT_EQ(Errors(document), "");
}

TEST(YamlTest, SaysWhichVariableIsMissingAndKeepsSecretsOutOfErrors) {
  const Document document =
      Parse("a: ${NONE}\nb: ${TOKEN\nc: ${1X}\nd: ${}\ne: ${TOKEN}\nf: ${EMPTY}\n");
  const Node root = document.root();
  for (const char* key : {"a", "b", "c", "d", "f"}) root.Require(key).AsString();
  root.Require("e").AsInt(0, 1);
  const std::string errors = Errors(document);
  EXPECT_NE(errors.find(":1:4: the environment variable NONE is not set"), std::string::npos);
  for (const char* place : {":2:4: ", ":3:4: ", ":4:4: ", ":6:4: must not be empty"}) {
    EXPECT_NE(errors.find(place), std::string::npos) << errors;
  }
  EXPECT_EQ(errors.find("s3cret"), std::string::npos) << errors;
  EXPECT_NE(errors.find("not \"${TOKEN}\""), std::string::npos) << errors;
}

TEST(YamlTest, RefusesWhatItDoesNotSupport) {
  const std::pair<const char*, const char*> cases[] = {
      {"a: 1\nb: 2\na: 3\n", "agent.yaml:3:1: key \"a\" is here twice; first on line 1"},
      {"a: {b: 1, b: 2}\n", "agent.yaml:1:11: key \"b\" is here twice; first on line 1"},
      {"a: &x 1\n", "anchors"},
      {"a: &x [1]\nb: *x\n", "anchors"},
      {"a: !!int 1\n", "tags"},
      {"a: !env X\n", "tags"},
      {"? [a]\n: 1\n", "a key must be a plain word"},
      {"? {a: 1}\n: 1\n", "a key must be a plain word"},
      {"a: 1\n---\nb: 2\n", "several documents"},
      {"a: [1\n", "agent.yaml:"},
      {"a: 'x\n", "agent.yaml:"},
      {"a:\n\t- x\n", "agent.yaml:2:"},
      {"a: b: c\n", "agent.yaml:1:"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_NE(ParseError(text).find(message), std::string::npos)
        << text << ": " << ParseError(text);
  }
}

TEST(YamlTest, SurvivesHostileFiles) {
  EXPECT_NE(ParseError(std::string(20'000, '[')), "");
  EXPECT_NE(ParseError(std::string(20'000, '{')), "");
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_NE(ParseError(deep).find("nested deeper than 32"), std::string::npos) << ParseError(deep);
  EXPECT_NE(ParseError(std::string(2 * 1024 * 1024, ' ')).find("larger than 1 MiB"),
            std::string::npos);
  std::string many = "a: [";
  for (int i = 0; i < 200'000; ++i) many += "1,";
  EXPECT_NE(ParseError(many + "1]").find("more than 100000"), std::string::npos);
  EXPECT_EQ(ParseError(std::string("a: \0", 4)).find('\0'), std::string::npos);
}

TEST(YamlTest, TreatsAnEmptyFileAsAMapWithoutKeys) {
  for (const char* text : {"", "# only a comment\n", "---\n", "~\n"}) {
    const Document document = Parse(text);
    document.root().Require("listen");
    EXPECT_EQ(Errors(document), "/etc/sekisho/agent.yaml:1:1: key \"listen\" is missing here")
        << text;
  }
}

TEST(YamlTest, RefusesARootThatIsNoMap) {
  const Document document = Parse("- a\n");
  document.root().Require("listen");
  document.root().Require("port");
  EXPECT_EQ(Errors(document), "/etc/sekisho/agent.yaml:1:1: must be a map of keys, but is a list");
}

TEST(YamlTest, LetsTheReaderOfOnePartFinishIt) {
  const Document document = Parse("mine: {zone: x, tll: 60}\nyours: {a: 1}\n");
  const Node mine = document.root().Require("mine");
  mine.Require("zone").AsString();
  mine.Optional("ttl").AsInt(1, 3600);
  const auto finished = mine.Finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().detail,
            "/etc/sekisho/agent.yaml:1:17: unknown key \"tll\"; did you mean \"ttl\"?");
}

TEST(YamlTest, TakesErrorsInTheCallersWords) {
  const Document document = Parse("max: 5\n");
  const Node max = document.root().Require("max");
  EXPECT_EQ(max.Where(), "/etc/sekisho/agent.yaml:1:6");
  max.Fail("must be below min");
  EXPECT_EQ(Errors(document), "/etc/sekisho/agent.yaml:1:6: must be below min");
}

TEST(YamlTest, LoadsFilesAndSaysWhichIsMissing) {
  const platform::testing::TemporaryFolder folder;
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "a.yaml", "key: key.pem\n"));
  const auto document = Document::Load(folder / "a.yaml");
  ASSERT_TRUE(document) << document.error().detail;
  EXPECT_EQ(document->root().Require("key").AsPath(), folder / "key.pem");
  const auto missing = Document::Load(folder / "none.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().detail.find("none.yaml"), std::string::npos);
}

}  // namespace
}  // namespace config
