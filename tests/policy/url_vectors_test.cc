// Url::Parse against the vectors that browsers are tested with (web-platform-tests, url/). Each
// vector passes, or differs for one of the reasons below, which a predicate establishes. The counts
// are exact, so that any change of behaviour shows here.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "policy/ascii.h"
#include "policy/url.h"
#include "tests/policy/real_data.h"
#include "tests/policy/url_differences.h"

namespace policy {
namespace {

using nlohmann::json;

// Relative references and other schemes are out of scope; whatever is left is a whole web URL.
bool NeedsABase(const json& vector, const std::string& input) {
  if (!vector.contains("base") || vector["base"].is_null()) return false;
  const std::string scheme = WrittenScheme(input);
  if (scheme.empty()) return true;
  // "http:x" is relative to a base of its own scheme.
  const std::string base = vector["base"];
  return base.starts_with(scheme + ":") && !HasAuthoritySlashes(input);
}

bool IsWebScheme(const std::string& scheme) {
  return scheme == "http" || scheme == "https";
}

TEST(UrlVectorsTest, VectorsPassOrDifferForAKnownReason) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "url/urltestdata.json");
  std::map<std::string, int> counts;
  for (const json& vector : json::parse(text)) {
    if (!vector.is_object()) continue;
    const std::string input = vector["input"];
    if (NeedsABase(vector, input)) {
      ++counts["out of scope: relative to a base"];
      continue;
    }
    const auto url = Url::Parse(input);
    if (!IsWebScheme(WrittenScheme(input))) {
      ++counts["out of scope: no web URL"];
      EXPECT_FALSE(url) << input;
      continue;
    }
    const std::string expected = vector.contains("failure") ? "" : vector["href"];
    const std::string reason = CompareUrl(input, expected, url ? url->text() : "");
    ++counts[reason];
    if (reason.starts_with("UNEXPLAINED")) {
      ADD_FAILURE() << reason << "\n  input " << input << "\n  expected " << expected << "\n  got "
                    << (url ? url->text() : url.error().detail);
    }
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"same", 311},
                                                {"fragment dropped", 20},
                                                {"escapes normalised", 6},
                                                {"userinfo is refused", 34},
                                                {"host that DNS cannot hold", 4},
                                                {"host that IDNA 2008 refuses", 8},
                                                {"out of scope: no web URL", 324},
                                                {"out of scope: relative to a base", 184}}));
}

}  // namespace
}  // namespace policy
