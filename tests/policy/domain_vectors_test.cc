// Domain::Parse against the vectors that browsers are tested with (web-platform-tests, url/).
// Each vector passes, or differs for one of the reasons below, which a predicate establishes. The
// counts are exact, so that any change of behaviour shows here.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "policy/ascii.h"
#include "policy/domain.h"
#include "tests/policy/real_data.h"

namespace policy {
namespace {

using nlohmann::json;
using Counts = std::map<std::string, int>;

bool HasALabel(const std::string& name) {
  return name.starts_with("xn--") || name.find(".xn--") != std::string::npos;
}

// What of the DNS rules in domain.h an ASCII name breaks; empty if none.
std::string DnsFault(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.starts_with('.') || name.ends_with('.') ||
      name.find("..") != std::string::npos) {
    return "empty label";
  }
  if (name.size() > 253) return "longer than DNS allows";
  std::size_t label_size = 0;
  for (const char c : name) {
    label_size = c == '.' ? 0 : label_size + 1;
    if (label_size > 63) return "longer than DNS allows";
    if (!IsLetter(c) && !IsDigit(c) && c != '-' && c != '_' && c != '.') {
      return "character that is no letter, digit, '-' or '_'";
    }
  }
  return {};
}

// Why we may give no name, or another one, than `expected` (empty: refused) for `input`.
std::string ReasonToDiffer(const std::string& input, const std::string& expected,
                           const std::string& got) {
  if (expected.empty()) return "UNEXPLAINED: taken, though it has to be refused";
  if (got + '.' == expected) return "trailing dot dropped";
  if (!got.empty()) return "UNEXPLAINED: another name";
  if (const std::string fault = DnsFault(expected); !fault.empty()) return fault;
  if (IsAscii(input) && HasALabel(input)) return "A-label that stands for no U-label";
  if (!IsAscii(input)) return "IDNA 2008 refuses the label";
  return "UNEXPLAINED: refused";
}

// Half a surrogate pair cannot be said in UTF-8; browsers read U+FFFD in its place.
std::string WithoutLoneSurrogates(const std::string& text) {
  static const std::regex pattern(
      R"((\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|\\ud[89a-f][0-9a-f]{2})", std::regex::icase);
  std::string out;
  auto copied = text.begin();
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    out.append(copied, text.begin() + it->position());
    out += (*it)[1].matched ? it->str() : "\\ufffd";
    copied = text.begin() + it->position() + it->length();
  }
  return out.append(copied, text.end());
}

Counts Compare(const std::string& text) {
  Counts counts;
  for (const json& vector : json::parse(WithoutLoneSurrogates(text))) {
    if (!vector.is_object()) continue;
    const std::string input = vector["input"];
    const std::string expected = vector["output"].is_null() ? "" : vector["output"];
    const auto domain = Domain::Parse(input);
    const std::string got = domain ? domain->name() : "";
    if (got == expected) {
      ++counts["same"];
      continue;
    }
    const std::string reason = ReasonToDiffer(input, expected, got);
    ++counts[reason];
    if (reason.starts_with("UNEXPLAINED")) {
      ADD_FAILURE() << reason << "\n  input " << input << "\n  expected " << expected << "\n  got "
                    << got;
    }
  }
  return counts;
}

TEST(DomainVectorsTest, ToAsciiVectorsPassOrDifferForAKnownReason) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "url/toascii.json");
  EXPECT_EQ(Compare(text), (Counts{{"same", 62},
                                   {"A-label that stands for no U-label", 6},
                                   {"IDNA 2008 refuses the label", 9},
                                   {"character that is no letter, digit, '-' or '_'", 1},
                                   {"empty label", 2},
                                   {"longer than DNS allows", 7}}));
}

TEST(DomainVectorsTest, IdnaVectorsPassOrDifferForAKnownReason) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "url/IdnaTestV2.json");
  EXPECT_EQ(Compare(text), (Counts{{"same", 1577},
                                   {"A-label that stands for no U-label", 724},
                                   {"IDNA 2008 refuses the label", 126},
                                   {"character that is no letter, digit, '-' or '_'", 23},
                                   {"empty label", 117},
                                   {"longer than DNS allows", 46},
                                   {"trailing dot dropped", 58}}));
}

}  // namespace
}  // namespace policy
