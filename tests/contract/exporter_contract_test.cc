#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "config/yaml.h"
#include "exporters/http_list/formats.h"
#include "exporters/registry.h"
#include "exporters/settings.h"
#include "platform/atomic_file.h"
#include "platform/clock.h"
#include "tests/platform/temporary_folder.h"

// What every exporter has to keep to, whatever its device: run over all rows of the registry, and
// over all formats of http_list, each of which is another device's.
namespace exporters {

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

namespace {

struct Case {
  Row row;
  const http_list::Format* format = nullptr;  // of http_list, alone
};

std::string NameOf(const Case& each) {
  const std::string row(each.row.name);
  return each.format == nullptr ? row : row + "_" + std::string(each.format->name);
}

void PrintTo(const Case& each, std::ostream* out) {
  *out << NameOf(each);
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const Row& row : Registry()) cases.push_back({row});
  for (const http_list::Format& format : http_list::Formats()) {
    cases.push_back({*FindRow("http_list"), &format});
  }
  return cases;
}

using platform::testing::TemporaryFolder;
using policy::ListSnapshot;
using List = std::shared_ptr<const ListSnapshot>;

const std::string example_folder = SEKISHO_SOURCE_DIR "/config/exporters/";

List ListOf(std::vector<std::string> lines) {
  return ListSnapshot::FromLines(std::move(lines));
}

// A program that says it is the device's own, since rendering needs no device.
std::string Program(const TemporaryFolder& folder, const std::string& name,
                    const std::string& says) {
  const std::filesystem::path path = folder / name;
  std::ofstream(path) << "#!/bin/sh\necho '" << says << "'\n";
  ::chmod(path.c_str(), 0700);
  return path.string();
}

std::string HaproxySettings(const TemporaryFolder& folder) {
  return "haproxy: " + Program(folder, "haproxy", "HAProxy version 2.6.12 2026/01/01") +
         "\nsocket: " + (folder / "admin.sock").string() +
         "\ndirectory: " + (folder / "maps").string() + "\n";
}

std::string HttpListSettings(const TemporaryFolder&) {
  return "port: 0\nanonymous: true\n"
         "lists: [{path: names.txt, kinds: [domain]}, {path: all.txt, kinds: [ip, url]}]\n";
}

std::string SettingsOf(const http_list::Format& format) {
  std::string kinds;
  for (const auto kind :
       {policy::IndicatorKind::domain, policy::IndicatorKind::ip, policy::IndicatorKind::url}) {
    if (!format.Takes(kind)) continue;
    kinds += (kinds.empty() ? "" : ", ") + std::string(policy::Name(kind));
  }
  return "port: 0\nanonymous: true\nlists: [{path: list.txt, format: " + std::string(format.name) +
         ", kinds: [" + kinds + "]}]\n";
}

std::string IpsetSettings(const TemporaryFolder& folder) {
  return "ipset: " + Program(folder, "ipset", "ipset v7.17, protocol version: 7") + "\n";
}

std::string NginxSettings(const TemporaryFolder& folder) {
  const std::filesystem::path program = folder / "nginx";
  std::ofstream(program) << "#!/bin/sh\necho 'nginx version: nginx/1.22.1' >&2\n";
  ::chmod(program.c_str(), 0700);
  return "nginx: " + program.string() + "\ndirectory: " + (folder / "lists").string() + "\n";
}

std::string RpzSettings(const TemporaryFolder& folder) {
  std::ofstream(folder / "key") << "key \"sekisho\" {\n\talgorithm hmac-sha256;\n\tsecret "
                                   "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\";\n};\n";
  return "zone: rpz.test\nzone_file: rpz.zone\ntsig_key_file: key\n"
         "named_checkzone: " +
         Program(folder, "named-checkzone", "9.18.49") +
         "\nrndc: {program: " + Program(folder, "rndc", "version: BIND 9.18.49") + "}\n";
}

std::string RpzFileSettings(const TemporaryFolder&) {
  return "zone: rpz.test\nzone_file: rpz.zone\nresolvers: [127.0.0.1]\n";
}

std::string SquidSettings(const TemporaryFolder& folder) {
  return "squid: " + Program(folder, "squid", "Squid Cache: Version 5.7") +
         "\ndirectory: " + (folder / "acl").string() + "\n";
}

std::string NftablesSettings(const TemporaryFolder& folder) {
  return "nft: " + Program(folder, "nft", "nftables v1.0.6 (Lester Gooch #5)") + "\n";
}

const std::map<std::string_view, std::function<std::string(const TemporaryFolder&)>> settings_of{
    {"haproxy", HaproxySettings},   {"http_list", HttpListSettings}, {"ipset", IpsetSettings},
    {"nftables", NftablesSettings}, {"nginx", NginxSettings},        {"rpz", RpzSettings},
    {"rpz_file", RpzFileSettings},  {"squid", SquidSettings},
};

class ExporterContractTest : public ::testing::TestWithParam<Case> {
 protected:
  std::optional<std::string> OwnSettings() const {
    const auto& [row, format] = GetParam();
    if (format != nullptr) return SettingsOf(*format);
    const auto own = settings_of.find(row.name);
    return own == settings_of.end() ? std::nullopt : std::optional(own->second(folder_));
  }

  // A row that is not above is made from its own example.
  std::unique_ptr<Exporter> Make() {
    const Row row = GetParam().row;
    const auto own = OwnSettings();
    auto document =
        own ? config::Document::Parse(*own, folder_ / "settings.yaml")
            : config::Document::Load(example_folder + std::string(row.name) + ".example.yaml");
    if (!document) {
      ADD_FAILURE() << document.error().detail;
      return nullptr;
    }
    const config::Node settings =
        own ? document->root()
            : document->root().Require("devices").AsList().at(0).Require("settings");
    auto exporter = row.make(settings, {"device", folder_.path(), clock_, true});
    if (!exporter) {
      ADD_FAILURE() << exporter.error().detail;
      return nullptr;
    }
    return std::move(*exporter);
  }

  void SetUp() override {
    exporter_ = Make();
    ASSERT_TRUE(exporter_);
  }

  Artifact Rendered(const List& list) {
    auto artifact = exporter_->Render(*list);
    if (!artifact) {
      ADD_FAILURE() << artifact.error().detail << "\n" << list->text();
      return {};
    }
    return std::move(*artifact);
  }

  bool Enforces(std::string_view kind) const {
    const auto kinds = exporter_->profile().kinds;
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }

  TemporaryFolder folder_;
  platform::ManualClock clock_{policy::ParseTime("2026-11-24T10:00:00Z").value()};
  std::unique_ptr<Exporter> exporter_;
};

void ExpectSame(const Artifact& a, const Artifact& b) {
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t i = 0; i < a.files.size(); ++i) {
    EXPECT_EQ(a.files[i].name, b.files[i].name);
    EXPECT_EQ(a.files[i].bytes, b.files[i].bytes) << a.files[i].name;
  }
  EXPECT_EQ(a.enforced, b.enforced);
  EXPECT_EQ(a.not_enforceable, b.not_enforceable);
}

std::size_t LinesIn(const Artifact& artifact) {
  std::size_t lines = 0;
  for (const ArtifactFile& file : artifact.files) {
    lines += static_cast<std::size_t>(std::count(file.bytes.begin(), file.bytes.end(), '\n'));
  }
  return lines;
}

List Mixed() {
  return ListOf({"domain evil.example", "domain www.evil.example", "domain other.example",
                 "domain xn--bcher-kva.example", "ip 192.0.2.1/32", "ip 198.51.100.0/24",
                 "ip 2001:db8::1/128", "ip 2001:db8:1::/48", "url http://shared.example/a",
                 "url https://shared.example/b?c=d", "url http://192.0.2.9/x"});
}

TEST_P(ExporterContractTest, SaysWhatItEnforces) {
  const Profile profile = exporter_->profile();
  EXPECT_FALSE(profile.software.empty());
  EXPECT_FALSE(profile.kinds.empty());
  const std::set<std::string> known{"domain", "ip", "url"};
  for (const std::string& kind : profile.kinds) EXPECT_TRUE(known.contains(kind)) << kind;
}

TEST_P(ExporterContractTest, RendersTheSameListToTheSameBytes) {
  const Artifact first = Rendered(Mixed());
  clock_.Advance(std::chrono::hours(1000));
  Rendered(ListOf({"domain something.else.example", "ip 203.0.113.7/32"}));
  ExpectSame(Rendered(Mixed()), first);
  ExpectSame(Rendered(ListSnapshot::Parse(Mixed()->text()).value()), first);
  exporter_ = Make();
  ASSERT_TRUE(exporter_);
  ExpectSame(Rendered(Mixed()), first);
}

TEST_P(ExporterContractTest, DoesNoInputOrOutputWhileRendering) {
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      names.insert(entry.path().string());
    }
    return names;
  };
  const auto before = files();
  Rendered(Mixed());
  EXPECT_EQ(files(), before);
}

TEST_P(ExporterContractTest, NamesPlainFilesOnce) {
  std::set<std::string> names;
  for (const ArtifactFile& file : Rendered(Mixed()).files) {
    EXPECT_FALSE(file.name.empty());
    EXPECT_FALSE(file.name.starts_with('.')) << file.name;
    EXPECT_EQ(file.name.find('/'), std::string::npos) << file.name;
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
  }
  EXPECT_FALSE(names.empty());
}

TEST_P(ExporterContractTest, RendersAnEmptyList) {
  const Artifact artifact = Rendered(ListSnapshot::Empty());
  EXPECT_FALSE(artifact.files.empty());
  EXPECT_EQ(artifact.enforced, 0U);
  EXPECT_EQ(artifact.not_enforceable, 0U);
}

TEST_P(ExporterContractTest, CountsWhatItCannotEnforce) {
  const std::map<std::string, std::vector<std::string>> lines_of{
      {"domain", {"domain a.example", "domain b.example"}},
      {"ip", {"ip 192.0.2.1/32", "ip 192.0.2.3/32"}},
      {"url", {"url http://a.example/1", "url http://b.example/2"}}};
  for (const auto& [kind, lines] : lines_of) {
    const Artifact artifact = Rendered(ListOf(lines));
    EXPECT_EQ(artifact.enforced, Enforces(kind) ? 2U : 0U) << kind;
    EXPECT_EQ(artifact.not_enforceable, Enforces(kind) ? 0U : 2U) << kind;
  }
}

TEST_P(ExporterContractTest, I15_TakesParentsWithChildrenAndDuplicates) {
  const Artifact once = Rendered(
      ListOf({"domain a.example", "domain b.a.example", "ip 192.0.2.0/24", "ip 192.0.2.7/32"}));
  const Artifact twice =
      Rendered(ListOf({"domain a.example", "domain a.example", "domain b.a.example",
                       "ip 192.0.2.0/24", "ip 192.0.2.0/24", "ip 192.0.2.7/32"}));
  ExpectSame(once, twice);
  EXPECT_LE(once.enforced, 4U);
}

// What the session gives an exporter of a list that is too long for its device.
TEST_P(ExporterContractTest, E11_OfAListThatDoesNotFitTheHighestRiskIsRenderedAndNoOther) {
  std::vector<policy::TermedLine> lines;
  std::vector<std::string> of_high_risk;
  for (const std::string kind : {"domain ", "ip ", "url "}) {
    for (int i = 0; i < 6; ++i) {
      const std::string number = std::to_string(2 * i + 1);
      const std::string line = kind == "domain " ? kind + "d" + number + ".example"
                               : kind == "ip "   ? kind + "198.51.100." + number + "/32"
                                                 : kind + "http://u" + number + ".example/x";
      const bool is_high = i >= 4;
      lines.push_back({line, {1, static_cast<std::uint8_t>(is_high ? 90 : 10 * i)}});
      if (is_high) of_high_risk.push_back(line);
    }
  }
  const std::vector<std::string> kinds = exporter_->profile().kinds;
  const auto list = ListSnapshot::FromTermed(lines);
  const Fitted fitted = Fit(list, kinds, 2 * kinds.size());
  ASSERT_TRUE(fitted.left_out);
  EXPECT_EQ(fitted.left_out->count, 4 * kinds.size());
  const Artifact artifact = Rendered(fitted.list);
  EXPECT_EQ(artifact.enforced, 2 * kinds.size());
  EXPECT_EQ(artifact.enforced, Rendered(ListOf(of_high_risk)).enforced);
  ExpectSame(Rendered(Fit(list, kinds, 2 * kinds.size()).list), artifact);
  for (const std::string& line : of_high_risk) EXPECT_TRUE(fitted.list->Contains(line)) << line;
}

// A URL keeps what its path and query are made of, and that must stay within its entry.
TEST_P(ExporterContractTest, I5_NothingInAListEntryBecomesARuleOfItsOwn) {
  const std::vector<std::string> hostile{
      "/a;b",       "/a'b",     "/$(reboot)", "/`id`",     "/a|b", "/a%0Ab",      "/%0D%0Aallow",
      "/?a=\\n",    "/?q=\\\\", "/?;include", "/*",        "/.*",  "/(a|b)+$",    "/[x]",
      "/{a,b}",     "/!x",      "/@x",        "/?a=b&c=d", "/~x",  "/%22%20deny", "/..%2f..%2f",
      "/?$INCLUDE", "/?^.*$",   "/a,b",       "/?{{7*7}}"};
  std::vector<std::string> nasty;
  std::vector<std::string> plain;
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    const std::string host = "http://h" + std::to_string(100 + i) + ".example";
    const auto url = policy::Url::Parse(host + hostile[i]);
    ASSERT_TRUE(url) << hostile[i];
    const std::string line = "url " + url->text();
    const Artifact alone = Rendered(ListOf({line}));
    EXPECT_EQ(alone.enforced + alone.not_enforceable, 1U) << line;
    // What a device would read as something else is left out, and told.
    if (Enforces("url") && alone.enforced == 0) continue;
    nasty.push_back(line);
    plain.push_back("url " + host + "/page");
  }
  EXPECT_TRUE(GetParam().format != nullptr || nasty.size() == hostile.size());
  const Artifact from_nasty = Rendered(ListOf(nasty));
  const Artifact from_plain = Rendered(ListOf(plain));
  EXPECT_EQ(LinesIn(from_nasty), LinesIn(from_plain));
  EXPECT_EQ(from_nasty.enforced, from_plain.enforced);
  for (const ArtifactFile& file : from_nasty.files) {
    const auto count = [&](char c) { return std::count(file.bytes.begin(), file.bytes.end(), c); };
    EXPECT_TRUE(count('\r') == 0 || count('\r') == count('\n')) << file.name;
    for (const char c : file.bytes) {
      ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\n' || c == '\t' || c == '\r')
          << file.name << " has byte " << int(static_cast<unsigned char>(c));
    }
  }
}

// No such line passes ListSnapshot::Parse or its writers. An exporter that got one all the same, by
// a fault elsewhere, refuses the list, or leaves the line out if it is not for its device, or takes
// it for what it canonically means: nothing else may come of it.
TEST_P(ExporterContractTest, I5_NothingComesOfALineThatIsNotCanonical) {
  const std::vector<std::string> good{"domain good.example", "ip 198.51.100.1/32",
                                      "url http://good.example/x"};
  const auto with = [&](const std::string& line) {
    std::vector<std::string> lines = good;
    lines.push_back(line);
    return ListOf(lines);
  };
  const auto same_files = [](const Artifact& a, const Artifact& b) {
    return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                      [](const auto& x, const auto& y) { return x.bytes == y.bytes; });
  };
  const Artifact without = Rendered(ListOf(good));
  // A line, and its canonical form if it has one.
  const std::vector<std::pair<std::string, std::string>> cases{
      {"domain a.example; include /etc/passwd", ""},
      {"domain a.example\tb.example", ""},
      {"domain $INCLUDE", ""},
      {"domain *.example", ""},
      {"domain .example", ""},
      {"domain EVIL.example", "domain evil.example"},
      {"domain a.example.", "domain a.example"},
      {"domain ../../etc/passwd", ""},
      {"ip 192.0.2.1", "ip 192.0.2.1/32"},
      {"ip 192.0.2.7/24", ""},
      {"ip 010.0.0.1/32", ""},
      {"ip 192.0.2.1/33", ""},
      {"ip 192.0.2.1/32 } ; flush ruleset", ""},
      {"url javascript:alert(1)", ""},
      {"url http://a.example/ deny all", ""},
      {"url http://a.example/\"", ""},
      {"name a.example", ""},
      {"nonsense", ""},
      {"", ""},
  };
  for (const auto& [line, canonical] : cases) {
    const auto artifact = exporter_->Render(*with(line));
    if (!artifact) continue;
    const bool left_out = same_files(*artifact, without);
    const bool as_canonical =
        !canonical.empty() && same_files(*artifact, Rendered(with(canonical)));
    EXPECT_TRUE(left_out || as_canonical) << "rendered: '" << line << "'";
  }
}

// The longest that the canonical form lets through: in the list whole, or counted as not
// enforceable; what is beside it stays.
TEST_P(ExporterContractTest, I8_TheLongestNameAndUrlBreakNothing) {
  const std::string label(63, 'a');
  const std::vector<std::string> longest{
      "domain " + label + "." + label + "." + label + "." + std::string(61, 'b'),
      "url http://a.example/" + std::string(8000, 'x')};
  for (const std::string& line : longest) {
    ASSERT_TRUE(policy::ParseLine(line));
    const std::string kind = line.substr(0, line.find(' '));
    const std::string neighbour =
        kind == "domain" ? "domain good.example" : "url http://good.example/x";
    const Artifact alone = Rendered(ListOf({neighbour}));
    const Artifact both = Rendered(ListOf({line, neighbour}));
    EXPECT_EQ(both.enforced + both.not_enforceable, 2U) << kind;
    EXPECT_GE(both.enforced, alone.enforced) << kind;
  }
}

class ExporterExampleTest : public ::testing::TestWithParam<Row> {};

TEST_P(ExporterExampleTest, NamesItsRow) {
  const std::string path = example_folder + std::string(GetParam().name) + ".example.yaml";
  const auto document = config::Document::Load(path);
  ASSERT_TRUE(document) << document.error().detail;
  const Settings settings = ReadSettings(document->root());
  ASSERT_EQ(settings.devices.size(), 1U);
  EXPECT_EQ(settings.devices[0].row->name, GetParam().name);
  EXPECT_TRUE(settings.devices[0].settings.present());
}

// What every device may have, which each example shows in a comment.
TEST_P(ExporterExampleTest, CommentsOutWhatIsGoodOnceThatIsTakenAway) {
  const std::string path = example_folder + std::string(GetParam().name) + ".example.yaml";
  std::string text = platform::ReadFile(path, 1'000'000).value();
  for (const std::string key : {"entries_max: ", "must_work: ", "dry_run: "}) {
    const auto mark = text.find("    # " + key);
    ASSERT_NE(mark, text.npos) << key;
    text.erase(mark + 4, 2);
  }
  const auto document = config::Document::Parse(text, path);
  ASSERT_TRUE(document) << document.error().detail;
  const Settings settings = ReadSettings(document->root());
  ASSERT_EQ(settings.devices.size(), 1U);
  EXPECT_EQ(settings.devices[0].entries_max, 100'000U);
  EXPECT_EQ(settings.devices[0].must_work.size(), 3U);
  EXPECT_TRUE(settings.devices[0].dry_run);
}

INSTANTIATE_TEST_SUITE_P(Rows, ExporterContractTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return NameOf(info.param); });
INSTANTIATE_TEST_SUITE_P(Rows, ExporterExampleTest,
                         ::testing::ValuesIn(Registry().begin(), Registry().end()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(RegistryTest, NamesEachRowOnce) {
  std::set<std::string_view> names;
  for (const Row& row : Registry()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(FindRow(row.name)->make, row.make);
  }
  EXPECT_EQ(FindRow("no such device"), nullptr);
}

}  // namespace
}  // namespace exporters
