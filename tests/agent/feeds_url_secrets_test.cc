// Keys in URLs reach nobody's eyes.
#include <gtest/gtest.h>

#include <string>

#include "agent/feeds/url_secrets.h"

namespace agent::feeds {
namespace {

const std::string key = "0123456789abcdef0123456789abcdef0123456789abcdef";

std::string Shown(const std::string& url) {
  return UrlSecrets(url, {}).shown_url();
}

TEST(UrlSecretsTest, HidesWhereKeysStand) {
  EXPECT_EQ(Shown("https://mb-api.example/v2/files/exports/" + key + "/recent.csv"),
            "https://mb-api.example/v2/files/exports/***/recent.csv");
  EXPECT_EQ(Shown("https://feeds.example/list?key=s3cr3t&format=csv"),
            "https://feeds.example/list?key=***&format=***");
  EXPECT_EQ(Shown("https://feeds.example/list?s3cr3t#frag"), "https://feeds.example/list?***#***");
  EXPECT_EQ(Shown("https://carol:pass@feeds.example:8443/list"),
            "https://***@feeds.example:8443/list");
  EXPECT_EQ(Shown("https://a@b@feeds.example?x=1"), "https://***@feeds.example?x=***");
}

TEST(UrlSecretsTest, LeavesAnOrdinaryUrlAsItIs) {
  for (const char* url :
       {"https://urlhaus.abuse.ch/downloads/csv_online/", "file:///var/log/suricata/eve.json",
        "https://taxii.example/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/",
        "https://feeds.example", "push:desk", "not a url", ""}) {
    EXPECT_EQ(Shown(url), url);
  }
}

TEST(UrlSecretsTest, HidesWhatTheEnvironmentPutIn) {
  const UrlSecrets secrets("https://feeds.example/abc123/list.txt", {"abc123"});
  EXPECT_EQ(secrets.shown_url(), "https://feeds.example/***/list.txt");
  EXPECT_EQ(secrets.Hide("GET /abc123/ failed"), "GET /***/ failed");
}

TEST(UrlSecretsTest, HidesKeysInWhatIsSaidOfTheUrl) {
  const std::string url = "https://carol:pass-word@feeds.example/" + key + "/l?token=abcdef&page=1";
  const UrlSecrets secrets(url, {});
  for (const std::string& text :
       {"cannot reach " + url, std::string("401 for carol:pass-word"),
        std::string("password pass-word is wrong"), "no such file: " + key + "/other",
        std::string("https://feeds.example/?token=abcdef: timeout")}) {
    const std::string hidden = secrets.Hide(text);
    for (const std::string& part : {key, std::string("pass-word"), std::string("abcdef")}) {
      EXPECT_EQ(hidden.find(part), std::string::npos) << hidden;
    }
  }
  EXPECT_EQ(secrets.Hide("HTTP status 401 at page 1"), "HTTP status 401 at page 1");
}

}  // namespace
}  // namespace agent::feeds
