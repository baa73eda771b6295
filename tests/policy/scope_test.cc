#include "policy/scope.h"

#include <gtest/gtest.h>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

TEST(ScopeTest, NamesTheFamiliesThatCanBlockExactlyThat) {
  const std::pair<const char*, const char*> rows[] = {
      {"evil.com", "domain evil.com: dns, proxy or proxy-with-tls-inspection"},
      {"192.0.2.1", "ip 192.0.2.1/32: dns, proxy, proxy-with-tls-inspection or firewall"},
      {"http://evil.com/x", "url http://evil.com/x: proxy or proxy-with-tls-inspection"},
      {"https://evil.com/x", "url https://evil.com/x: proxy-with-tls-inspection"},
      {"d41d8cd98f00b204e9800998ecf8427e", "hash d41d8cd98f00b204e9800998ecf8427e: no device"},
  };
  for (const auto& [text, scope] : rows) EXPECT_EQ(ScopeText(I(text)), scope);
}

TEST(ScopeTest, NoUrlIsForDevicesThatWouldBlockItsWholeHost) {
  for (const char* text : {"http://evil.com/x", "https://evil.com/x", "http://192.0.2.1/x"}) {
    for (const DeviceFamily family : EnforceableBy(I(text))) {
      EXPECT_NE(family, DeviceFamily::dns) << text;
      EXPECT_NE(family, DeviceFamily::firewall) << text;
    }
  }
}

}  // namespace
}  // namespace policy
