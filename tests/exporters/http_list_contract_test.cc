// What every format of http_list has to keep to, whatever its device: run over all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "exporters/http_list/http_list_exporter.h"
#include "exporters/http_list/served_file.h"
#include "platform/atomic_file.h"
#include "platform/clock.h"
#include "tests/exporters/http_list_formats.h"
#include "tests/exporters/http_list_readers.h"
#include "tests/exporters/signed_updates.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::http_list {
namespace {

using exporters::testing::ListOf;
using exporters::testing::Snapshot;
using exporters::testing::TermedListOf;
using Lines = std::vector<std::string>;

std::string BytesIn(const Artifact& artifact, std::string_view name) {
  for (const ArtifactFile& file : artifact.files) {
    if (file.name == name) return file.bytes;
  }
  return "";
}

class HttpListFormatTest : public ::testing::TestWithParam<std::string> {
 protected:
  const Format& format() const { return FormatOf(GetParam()); }

  // What the exporter says that its list blocks: all of its kinds but what it names as left out.
  Lines Said(const Snapshot& list, const Artifact& artifact) const {
    const std::string left_out = BytesIn(artifact, left_out_name);
    Lines said;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string line(list->line(i));
      const bool is_taken = format().Takes(policy::KindOf(policy::ParseLine(line).value()));
      if (!is_taken || left_out.find("list.txt: " + line + "\n") != left_out.npos) continue;
      said.push_back(AsRead(GetParam(), line));
    }
    std::sort(said.begin(), said.end());
    return said;
  }

  Lines Read(const Artifact& artifact) const {
    return ReadAs(GetParam(), BytesIn(artifact, "list.txt"));
  }

  void ExpectRoundTrip(const Lines& lines) const {
    const Snapshot list = ListOf(lines);
    const auto artifact = RenderVariants(*list, {All(format())}, "c.txt");
    ASSERT_TRUE(artifact) << artifact.error().detail;
    const Lines said = Said(list, *artifact);
    EXPECT_EQ(Read(*artifact), said) << BytesIn(*artifact, "list.txt");
    EXPECT_EQ(artifact->enforced, said.size());
    EXPECT_EQ(artifact->not_enforceable, lines.size() - said.size());
  }

  // Of one kind, the first that the format takes, each with a risk of its own.
  std::vector<policy::TermedLine> Ranked(std::size_t count) const {
    std::vector<policy::TermedLine> lines;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(100 + i);
      const std::string line = format().domains ? "domain d" + number + ".example"
                               : format().ips   ? "ip 198.51.100." + number + "/32"
                                                : "url http://u" + number + ".example/x";
      lines.push_back({line, {1, static_cast<std::uint8_t>(i * 37 % 101)}});
    }
    return lines;
  }

  Lines HighestRisk(std::vector<policy::TermedLine> lines, std::size_t count) const {
    std::sort(lines.begin(), lines.end(),
              [](const auto& a, const auto& b) { return a.terms.risk > b.terms.risk; });
    Lines highest;
    for (std::size_t i = 0; i < count; ++i) highest.push_back(AsRead(GetParam(), lines[i].line));
    std::sort(highest.begin(), highest.end());
    return highest;
  }
};

TEST_P(HttpListFormatTest, IsReadAsWhatItSaysThatItBlocks) {
  ExpectRoundTrip(mixed);
  ExpectRoundTrip({});
  ExpectRoundTrip({"domain a.example", "domain b.a.example", "ip 0.0.0.1/32", "ip 10.0.0.0/8",
                   "ip 10.1.0.0/16", "ip 10.1.2.3/32", "ip 2001:db8::1/128", "ip ::1/128",
                   "url http://a.example/", "url http://a.example/b/"});
}

TEST_P(HttpListFormatTest, I5_IsReadAsNothingElseWhateverTheValues) {
  // The worst that the canonical form lets through.
  const Lines hostile{"$(x)",
                      "`id`",
                      "'",
                      "%22",
                      ";",
                      ",",
                      "|",
                      "&",
                      "*",
                      "[]",
                      "!",
                      "@import",
                      ":do",
                      "=1+1",
                      "+",
                      "~",
                      "-",
                      "_",
                      "(",
                      ")",
                      "^*",
                      "?q=%27;",
                      "?q=\\",
                      "?$INCLUDE",
                      "%0A",
                      "{",
                      "}#",
                      "//",
                      "$",
                      "?",
                      "?q='",
                      "?\\n",
                      "a;b",
                      "a'b",
                      "%0D%0Aend",
                      "..%2f..%2f",
                      "?{{7*7}}",
                      "?q=\\\\'",
                      "?',\\'",
                      "x'%20OR%20'",
                      "?a=http://b.example/"};
  Lines all;
  for (const std::string& piece : hostile) {
    const auto url = policy::Url::Parse("http://a.example/" + piece);
    ASSERT_TRUE(url) << piece;
    all.push_back("url " + url->text());
    ExpectRoundTrip({all.back(), "url http://b.example/y"});
  }
  for (const std::string name : {"-cmd.example", "_dmarc.example", "a--b.example", "1.2.3.example",
                                 "xn--p1ai", "end", "define", "category", "server", "com"}) {
    if (!policy::ParseLine("domain " + name)) continue;
    all.push_back("domain " + name);
    ExpectRoundTrip({all.back(), "domain good.example"});
  }
  ExpectRoundTrip(all);
}

TEST_P(HttpListFormatTest, I8_TheLongestAreHeldWholeOrLeftOutWhole) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
  ExpectRoundTrip({"domain " + name, "domain good.example"});
  for (const std::size_t size : {200, 1000, 1100, 2000, 8000}) {
    ExpectRoundTrip({"url http://a.example/" + std::string(size, 'x'), "url http://b.example/y"});
  }
}

TEST_P(HttpListFormatTest, I10_NoValueBeginsAFormula) {
  if (format().content_type != "text/csv; charset=utf-8") return;
  for (const std::string name : {"-cmd.example", "-2+3.example"}) {
    if (!policy::ParseLine("domain " + name)) continue;
    ExpectRoundTrip({"domain " + name});  // whose reader refuses a formula
  }
}

TEST_P(HttpListFormatTest, E11_OfAListThatIsTooLongTheLowestRiskIsLeftOutAndTold) {
  const auto ranked = Ranked(40);
  const Snapshot list = TermedListOf(ranked);
  Variant variant = All(format());
  const auto expect_held = [&](std::size_t count) {
    const auto artifact = RenderVariants(*list, {variant}, "c.txt");
    ASSERT_TRUE(artifact) << artifact.error().detail;
    EXPECT_EQ(Read(*artifact), HighestRisk(ranked, count));
    EXPECT_EQ(Said(list, *artifact), HighestRisk(ranked, count));
    EXPECT_EQ(artifact->enforced, count);
    ASSERT_EQ(artifact->left_out.size(), 1U);
    EXPECT_EQ(artifact->left_out[0].place, "list.txt");
    EXPECT_EQ(artifact->left_out[0].count, 40 - count);
    if (variant.bytes_max != 0) {
      EXPECT_LE(BytesIn(*artifact, "list.txt").size(), variant.bytes_max);
    }
  };
  const std::size_t lines_each = format().domains ? format().lines_per_domain : 1;
  variant.entries_max = 10 * lines_each;
  expect_held(10);
  const std::size_t ten = BytesIn(*RenderVariants(*list, {variant}, "c.txt"), "list.txt").size();
  variant.entries_max = 0;
  variant.bytes_max = ten;
  expect_held(10);
  variant.bytes_max = ten - 1;
  expect_held(9);
  variant.bytes_max = BytesOf(GetParam(), {}).size() - 1;
  const auto none = RenderVariants(*list, {variant}, "c.txt");
  ASSERT_FALSE(none) << "not even an empty list has room";
  EXPECT_EQ(none.error().code, policy::ErrorCode::exhausted);
}

TEST_P(HttpListFormatTest, E12_AnEmptyListIsNoEmptyBody) {
  EXPECT_FALSE(BytesOf(GetParam(), {}).empty());
}

// The exporter over HTTP, in one folder as after a crash.
class HttpListFormatFaults : public HttpListFormatTest {
 protected:
  std::unique_ptr<Exporter> Made() {
    std::string kinds;
    for (const auto kind : All(format()).kinds) {
      kinds += (kinds.empty() ? "" : ", ") + std::string(policy::Name(kind));
    }
    const auto document = config::Document::Parse(
        "{port: " + std::to_string(port_) + ", anonymous: true, lists: [{path: list.txt, format: " +
            GetParam() + ", kinds: [" + kinds + "]}]}",
        folder_ / "http_list.yaml");
    return MakeHttpList(document->root(), {"edl", folder_.path(), clock_, false}).value();
  }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{exporters::testing::now};
  int port_ = 0;
};

TEST_P(HttpListFormatFaults, E3_ACrashBetweenAnyTwoStepsLeavesOneListWhole) {
  const Snapshot one = ListOf(mixed);
  const Snapshot two =
      ListOf({"domain other.example", "ip 203.0.113.7/32", "url http://other.example/x"});
  const auto served = [&](const Snapshot& list, const Snapshot& not_this) {
    const auto exporter = Made();
    const auto proof = exporter->ReadBack(*list);
    ASSERT_TRUE(proof) << proof.error().reason;
    EXPECT_TRUE(proof->matches) << proof->how;
    EXPECT_FALSE(exporter->ReadBack(*not_this)->matches);
  };
  const policy::Delta none;
  ASSERT_TRUE(Made()->Apply({nullptr, *one, none, 1}));
  served(one, two);
  // Before the file is replaced: the beginning of another is beside it.
  ASSERT_TRUE(platform::WriteFileAtomically(folder_ / "served.list.tmp", "2 20", 0600));
  served(one, two);
  // After it, and before anybody is served of it.
  ASSERT_TRUE(WriteServed(folder_ / "served.list", {two, 2, clock_.Now()}));
  served(two, one);
  ASSERT_TRUE(Made()->Apply({one.get(), *two, policy::Difference(*one, *two), 2}));
  served(two, one);
}

const auto name_of = [](const auto& info) { return info.param; };

Lines FormatNames() {
  Lines names;
  for (const Format& format : Formats()) names.emplace_back(format.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Formats, HttpListFormatTest, ::testing::ValuesIn(FormatNames()), name_of);
INSTANTIATE_TEST_SUITE_P(Formats, HttpListFormatFaults, ::testing::ValuesIn(FormatNames()),
                         name_of);

}  // namespace
}  // namespace exporters::http_list
