#include "policy/url.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

std::string TextOf(std::string_view text) {
  const auto url = Url::Parse(text);
  return url ? url->text() : "refused";
}

TEST(UrlTest, WritesEveryUrlInOneForm) {
  const struct {
    std::string_view text;
    std::string_view canonical;
  } cases[] = {
      {"http://evil.example", "http://evil.example/"},
      {"HTTP://EVIL.example:80/", "http://evil.example/"},
      {"https://evil.example:443", "https://evil.example/"},
      {"http://evil.example:443/", "http://evil.example:443/"},
      {"http://evil.example:/", "http://evil.example/"},
      {"http://evil.example:00081/", "http://evil.example:81/"},
      {"http://evil.example./", "http://evil.example/"},
      {"http:evil.example", "http://evil.example/"},
      {"http:\\\\evil.example\\a\\b", "http://evil.example/a/b"},
      {"http:////evil.example/a", "http://evil.example/a"},
      {"  http://evil.example/ \x01", "http://evil.example/"},
      {"ht\ntp://evil\t.example/\r\na", "http://evil.example/a"},
      {"http://evil.example/#key", "http://evil.example/"},
      {"http://evil.example#key", "http://evil.example/"},
      {"http://evil.example?", "http://evil.example/?"},
      {"http://evil.example?q", "http://evil.example/?q"},
      {"http://evil.example\\@good.example/", "http://evil.example/@good.example/"},
      {"http://evil.example/a/./b/../c", "http://evil.example/a/c"},
      {"http://evil.example/a/%2e%2E/c", "http://evil.example/c"},
      {"http://evil.example/a/.%2e", "http://evil.example/"},
      {"http://evil.example/../../a", "http://evil.example/a"},
      {"http://evil.example/a/b/.", "http://evil.example/a/b/"},
      {"http://evil.example/a/b/..", "http://evil.example/a/"},
      {"http://evil.example//a//", "http://evil.example//a//"},
      {"http://evil.example/...", "http://evil.example/..."},
      {"http://evil.example/a%2fb", "http://evil.example/a%2Fb"},
      {"http://evil.example/%7Euser/%41%2D", "http://evil.example/~user/A-"},
      {"http://evil.example/a b\"<>`{}^", "http://evil.example/a%20b%22%3C%3E%60%7B%7D%5E"},
      {"http://evil.example/ü", "http://evil.example/%C3%BC"},
      {"http://evil.example/?ü '^`", "http://evil.example/?%C3%BC%20%27^`"},
      {"http://evil.example/[UPG]CSS.exe", "http://evil.example/[UPG]CSS.exe"},
      {"http://evil.example/%", "http://evil.example/%"},
      {"http://evil.example/%zz%4", "http://evil.example/%zz%4"},
      {"http://evil.example/?a=1&&b", "http://evil.example/?a=1&&b"},
      {"http://bücher.example/", "http://xn--bcher-kva.example/"},
      {"http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/"},
      {"http://evil。example/", "http://evil.example/"},
      {"http://ex_ample.com/", "http://ex_ample.com/"},
      {"http://[2001:DB8:0::1]:8080/", "http://[2001:db8::1]:8080/"},
      {"http://[::ffff:192.0.2.1]/", "http://[::ffff:c000:201]/"},
      {"http://[::192.0.2.1]/", "http://[::c000:201]/"},
  };
  for (const auto& [text, canonical] : cases) {
    EXPECT_EQ(TextOf(text), canonical) << text;
    EXPECT_EQ(TextOf(canonical), canonical) << text;
  }
}

TEST(UrlTest, NeverDecodesSomethingIntoANewEscape) {
  for (const std::string_view path : {"%%34%31", "%4%31", "%%34", "%%%34%31", "%a%62%41",
                                      "%25%34%31", "%%2e", "%2%65", "%2%2e/../x"}) {
    const std::string once = TextOf("http://h/" + std::string(path));
    EXPECT_EQ(TextOf(once), once) << path;
  }
  EXPECT_EQ(TextOf("http://h/%%34%31"), "http://h/%%341");
  EXPECT_EQ(TextOf("http://h/%25%34%31"), "http://h/%2541");
}

TEST(UrlTest, RefusesWhatIsNotAWebUrl) {
  const std::string_view cases[] = {"",
                                    "evil.example",
                                    "//evil.example/",
                                    "/path",
                                    "http",
                                    "http:",
                                    "http://",
                                    "http:///",
                                    "ftp://evil.example/",
                                    "javascript:alert(1)",
                                    "data:text/html,x",
                                    "file:///etc/passwd",
                                    "httpx://evil.example/",
                                    "http://user@evil.example/",
                                    "http://user:secret@evil.example/",
                                    "http://@evil.example/",
                                    "http://evil.example:65536/",
                                    "http://evil.example:x/",
                                    "http://evil.example:-1/",
                                    "http://:80/",
                                    "http://a b/",
                                    "http://a<b/",
                                    "http://a%00b/",
                                    "http://a%2fb/",
                                    "http://a..b/",
                                    "http://*.evil.example/",
                                    "http://[::1/",
                                    "http://[::1]x/",
                                    "http://[::1%25eth0]/",
                                    "http://[1.2.3.4]/",
                                    "http://[::1/64]/",
                                    "http://evil.example/\xff",
                                    "http://\xff.example/",
                                    "http://evil.example/\xed\xa0\x80",
                                    "http://evil.example/\xc0\xaf",
                                    "http://%ff.example/",
                                    "http://xn--a.example/"};
  for (const auto text : cases) {
    const auto url = Url::Parse(text);
    ASSERT_FALSE(url) << text << " gave " << url->text();
    EXPECT_EQ(url.error().code, ErrorCode::malformed_input);
  }
}

TEST(UrlTest, CapsItsLength) {
  const std::string longest = "http://h/" + std::string(8192 - 9, 'a');
  EXPECT_EQ(TextOf(longest), longest);
  EXPECT_EQ(TextOf(longest + 'a'), "refused");
  EXPECT_EQ(TextOf(longest + '#' + std::string(100'000, 'f')), longest);
}

TEST(UrlTest, TellsItsParts) {
  const auto url = *Url::Parse("https://Evil.example:8443/a/b?c=d#e");
  EXPECT_EQ(url.scheme(), "https");
  EXPECT_EQ(std::get<Domain>(url.host()).name(), "evil.example");
  EXPECT_EQ(url.port(), 8443);
  EXPECT_EQ(url.path(), "/a/b?c=d");
  EXPECT_EQ(Url::Parse("http://h")->port(), 80);
  EXPECT_EQ(Url::Parse("https://h")->port(), 443);
  EXPECT_EQ(Url::Parse("http://h:0/")->port(), 0);
}

TEST(HostileIndicators, I7_InAUrlAnAddressIsWhatABrowserWouldConnectTo) {
  for (const std::string_view host :
       {"127.0.0.1", "0x7f.1", "0x7f.0.0.1", "127.1", "2130706433", "017700000001", "0177.0.0.1",
        "0x7F000001", "127.0.0.1.", "%31%32%37.1", "１２７.1", "127。0。0。1"}) {
    const auto url = Url::Parse("http://" + std::string(host) + "/x");
    ASSERT_TRUE(url) << host;
    EXPECT_EQ(url->text(), "http://127.0.0.1/x") << host;
    EXPECT_EQ(std::get<IpPrefix>(url->host()).ToString(), "127.0.0.1/32") << host;
  }
}

TEST(HostileIndicators, I7_NumbersThatAreNoAddressAreRefused) {
  for (const std::string_view host : {"256.1.1.1", "1.2.3.4.5", "4294967296", "1.2.3.09",
                                      "1.2.3.0x100", "99999999999999999999999", "1..2", "a.1"}) {
    EXPECT_EQ(TextOf("http://" + std::string(host) + "/"), "refused") << host;
  }
}

TEST(HostileIndicators, I7_AMappedAddressInAUrlIsSeenAsIpv4) {
  const auto url = *Url::Parse("http://[::ffff:8.8.8.8]/");
  EXPECT_EQ(std::get<IpPrefix>(url.host()).ToString(), "8.8.8.8/32");
  EXPECT_EQ(url.text(), "http://[::ffff:808:808]/");
}

TEST(HostileIndicators, I5_NoLineEndOrQuoteOutlivesNormalising) {
  const std::string text = TextOf("http://evil.example/a\r\nb \"c\" <d>\v?e f\n#g");
  EXPECT_EQ(text, "http://evil.example/ab%20%22c%22%20%3Cd%3E%0B?e%20f");
}

}  // namespace
}  // namespace policy
