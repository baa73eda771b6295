#include "policy/allowlist_ranges.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace policy {
namespace {

using Texts = std::vector<std::string>;
using Parse = Result<ParsedAllowlist> (*)(std::string_view);

Texts TextsOf(const Result<ParsedAllowlist>& parsed) {
  if (!parsed) return {"refused: " + parsed.error().detail};
  Texts texts;
  for (const AllowEntry& entry : parsed->entries) texts.push_back(TextOf(entry));
  return texts;
}

// The shapes are the providers' own, the addresses are for documentation.
constexpr char aws[] = R"({"syncToken": "1", "createDate": "2026-01-01-00-00-00", "prefixes": [
  {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "AMAZON"},
  {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2"}],
  "ipv6_prefixes": [{"ipv6_prefix": "2001:db8::/32", "service": "S3"}]})";
constexpr char azure[] = R"({"changeNumber": 1, "cloud": "Public", "values": [
  {"name": "Storage", "properties": {"addressPrefixes": ["192.0.2.0/24", "2001:db8::/32"]}},
  {"name": "Storage.EastUS", "properties": {"addressPrefixes": ["192.0.2.0/24"]}}]})";
constexpr char google[] = R"({"syncToken": "1", "prefixes": [{"ipv4Prefix": "192.0.2.0/24"},
  {"ipv6Prefix": "2001:db8::/32", "service": "Google Cloud", "scope": "us-east1"}]})";
constexpr char cloudflare[] = R"({"result": {"ipv4_cidrs": ["192.0.2.0/24"],
  "ipv6_cidrs": ["2001:db8::/32"], "etag": "x"}, "success": true, "errors": []})";
constexpr char fastly[] = R"({"addresses": ["192.0.2.0/24"], "ipv6_addresses": ["2001:db8::/32"]})";

struct Provider {
  const char* name;
  Parse parse;
  const char* json;
};
constexpr Provider providers[] = {{"AWS", ParseAwsRanges, aws},
                                  {"Azure", ParseAzureRanges, azure},
                                  {"Google", ParseGoogleRanges, google},
                                  {"Cloudflare", ParseCloudflareRanges, cloudflare},
                                  {"Fastly", ParseFastlyRanges, fastly}};

TEST(ProviderRanges, AreTakenFromTheProvidersOwnFormEachOnce) {
  for (const Provider& provider : providers) {
    EXPECT_EQ(TextsOf(provider.parse(provider.json)), (Texts{"192.0.2.0/24", "2001:db8::/32"}))
        << provider.name;
  }
}

TEST(ProviderRanges, AreNotTakenFromAnotherProvidersForm) {
  for (const Provider& provider : providers) {
    for (const Provider& other : providers) {
      if (&provider == &other) continue;
      EXPECT_FALSE(provider.parse(other.json)) << provider.name << " of " << other.name;
    }
  }
}

TEST(ProviderRanges, AreRefusedWhereThereAreNone) {
  for (const Provider& provider : providers) {
    for (const char* text : {"", "[]", "{}", "null", "{\"prefixes\": 7}", "{\"result\": null}"}) {
      const auto parsed = provider.parse(text);
      ASSERT_FALSE(parsed) << provider.name << ": " << text;
      EXPECT_EQ(parsed.error().code, ErrorCode::malformed_input);
    }
    const std::string whole = provider.json;
    EXPECT_FALSE(provider.parse(whole.substr(0, whole.size() - 1))) << provider.name;
  }
}

TEST(ProviderRanges, CountWhatIsNoPrefixAndLetNobodyAllowTheInternet) {
  const auto parsed = ParseFastlyRanges(
      R"({"addresses": ["192.0.2.0/24", "0.0.0.0/0", "192.0.2.1/24", 7, "fastly.example"]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->entries.size(), 1U);
  ASSERT_EQ(parsed->rejected.size(), 4U);
  EXPECT_EQ(parsed->rejected[0].line, 2U);
  EXPECT_NE(parsed->rejected[0].reason.find("every address"), std::string::npos);
}

TEST(ProviderRanges, SurviveDeepNesting) {
  const std::string deep = std::string(200'000, '[');
  for (const Provider& provider : providers) {
    EXPECT_FALSE(provider.parse(deep));
    EXPECT_FALSE(provider.parse(deep + std::string(200'000, ']')));
  }
}

}  // namespace
}  // namespace policy
