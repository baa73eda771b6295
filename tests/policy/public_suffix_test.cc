#include "policy/public_suffix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <vector>

#include "tests/policy/real_data.h"

namespace policy {
namespace {

constexpr std::string_view kSmallList =
    "// ===BEGIN ICANN DOMAINS===\n"
    "com\n"
    "jp\n"
    "co.jp\r\n"
    "*.kobe.jp   a wildcard\n"
    "!city.kobe.jp\n"
    "\n"
    "*.ck\n"
    "!www.ck\n"
    "公司.cn\n"
    "// ===BEGIN PRIVATE DOMAINS===\n"
    "github.io";

TEST(PublicSuffixTest, KnowsWhereStrangersRegister) {
  const auto list = PublicSuffixList::Parse(kSmallList);
  ASSERT_TRUE(list) << list.error().detail;
  for (const std::string_view name : {"com", "co.jp", "kobe.jp", "x.kobe.jp", "anything.ck", "ck",
                                      "github.io", "xn--55qx5d.cn", "unlisted"}) {
    EXPECT_TRUE(list->IsPublicSuffix(name)) << name;
    EXPECT_EQ(list->RegistrableDomain(name), "") << name;
  }
  for (const std::string_view name :
       {"a.com", "b.co.jp", "city.kobe.jp", "www.ck", "evil.github.io", "a.unlisted", ""}) {
    EXPECT_FALSE(list->IsPublicSuffix(name)) << name;
  }
}

TEST(PublicSuffixTest, FindsTheNameThatARegistrantOwns) {
  const auto list = *PublicSuffixList::Parse(kSmallList);
  EXPECT_EQ(list.RegistrableDomain("a.b.co.jp"), "b.co.jp");
  EXPECT_EQ(list.RegistrableDomain("b.co.jp"), "b.co.jp");
  EXPECT_EQ(list.RegistrableDomain("a.b.kobe.jp"), "a.b.kobe.jp");
  EXPECT_EQ(list.RegistrableDomain("x.city.kobe.jp"), "city.kobe.jp");
  EXPECT_EQ(list.RegistrableDomain("x.www.ck"), "www.ck");
  EXPECT_EQ(list.RegistrableDomain("a.b.evil.github.io"), "evil.github.io");
  EXPECT_EQ(list.RegistrableDomain(""), "");
}

TEST(PublicSuffixTest, RefusesATextThatIsNoList) {
  for (const std::string_view text :
       {"", "\n\n", "// only a comment\n", "<!DOCTYPE html>\n<html></html>\n", "com\n\xff\xfe\n",
        "com\n1.2.3.4\n"}) {
    const auto list = PublicSuffixList::Parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().code, ErrorCode::malformed_input);
  }
  EXPECT_NE(PublicSuffixList::Parse("com\nbad name!\n*x\n").error().detail.find("line 3"),
            std::string::npos);
}

// tests.txt of the list's own repository: "name expected", where null means a public suffix or a
// name that is none.
TEST(PublicSuffixTest, AnswersTheListsOwnTestVectors) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "psl/public_suffix_list.dat");
  SEKISHO_REAL_DATA_OR_SKIP(vectors, "psl/tests.txt");
  const auto list = PublicSuffixList::Parse(text);
  ASSERT_TRUE(list) << list.error().detail;
  std::istringstream lines(vectors);
  int passed = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, expected;
    if (!(words >> name >> expected) || name.starts_with("//") || name == "null") continue;
    const auto domain = Domain::Parse(name);
    const std::string got(domain ? list->RegistrableDomain(domain->name()) : "");
    const auto wanted = Domain::Parse(expected);
    EXPECT_EQ(got, expected == "null" ? "" : wanted->name()) << line;
    ++passed;
  }
  EXPECT_EQ(passed, 77);
}

// Every rule of the real list, and names around it, against a slow and obvious reading of the
// published algorithm, to which libpsl and we add the bases of wildcards.
class SlowList {
 public:
  explicit SlowList(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      line = line.substr(0, line.find_first_of(" \t\r"));
      if (line.empty() || line.starts_with("//")) continue;
      const std::string mark = line.starts_with("!") ? "!" : line.starts_with("*.") ? "*." : "";
      rules_.push_back(mark + Domain::Parse(line.substr(mark.size()))->name());
    }
    std::sort(rules_.begin(), rules_.end());
  }

  bool IsPublicSuffix(const std::string& name) const {
    const std::string parent(ParentName(name));
    if (Has("!" + name)) return false;
    return parent.empty() || Has(name) || Has("*." + name) || Has("*." + parent);
  }

  const std::vector<std::string>& rules() const { return rules_; }

 private:
  bool Has(const std::string& rule) const {
    return std::binary_search(rules_.begin(), rules_.end(), rule);
  }
  std::vector<std::string> rules_;
};

TEST(PublicSuffixTest, AgreesWithASlowReadingOnEveryRule) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "psl/public_suffix_list.dat");
  const auto list = *PublicSuffixList::Parse(text);
  const SlowList slow(text);
  ASSERT_GT(slow.rules().size(), 9000u);
  for (const std::string& rule : slow.rules()) {
    const std::string name = rule.substr(rule.find_first_not_of("!*."));
    for (const std::string& asked : {name, "x." + name, "y.x." + name}) {
      ASSERT_EQ(list.IsPublicSuffix(asked), slow.IsPublicSuffix(asked)) << asked;
    }
  }
}

TEST(PublicSuffixTest, AnswersAMillionTimesWithinASecondOrSo) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "psl/public_suffix_list.dat");
  const auto list = *PublicSuffixList::Parse(text);
  const auto start = std::chrono::steady_clock::now();
  int suffixes = 0;
  for (int i = 0; i < 1'000'000; ++i) suffixes += list.IsPublicSuffix("cdn.evil-name.example.com");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(suffixes, 0);
  EXPECT_EQ(list.RegistrableDomain("cdn.evil-name.example.com"), "example.com");
  RecordProperty("ns_per_name", static_cast<int>(took.count() * 1000));
  EXPECT_LT(took.count(), 3.0);
}

}  // namespace
}  // namespace policy
