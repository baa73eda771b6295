#include "policy/refang.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

TEST(RefangTest, UndoesTheCustomsOfTheTrade) {
  const struct {
    std::string_view inert;
    std::string_view live;
  } cases[] = {
      {"hxxp://evil[.]example/x", "http://evil.example/x"},
      {"hXXps://evil[.]example", "https://evil.example"},
      {"HXXP://evil.example", "http://evil.example"},
      {"hxtp://evil.example", "http://evil.example"},
      {"h**p://evil.example", "http://evil.example"},
      {"http[:]//evil.example", "http://evil.example"},
      {"hxxp[://]evil[.]example/a", "http://evil.example/a"},
      {"evil(.)example", "evil.example"},
      {"evil{.}example", "evil.example"},
      {"evil[dot]example", "evil.example"},
      {"evil[DOT]example", "evil.example"},
      {"evil(dot)example", "evil.example"},
      {"evil[.example", "evil.example"},
      {"192[.]0[.]2[.]1", "192.0.2.1"},
      {"192.0.2[.]0/24", "192.0.2.0/24"},
      {"hxxp://192[.]0[.]2[.]1[:]8080/x", "http://192.0.2.1:8080/x"},
      {"2001[:]db8[:][:]1", "2001:db8::1"},
      {"hxxp://[2001:db8::1]/", "http://[2001:db8::1]/"},
      {"hxxp://evil[.]example?q=[.]", "http://evil.example?q=[.]"},
  };
  for (const auto& [inert, live] : cases) EXPECT_EQ(Refang(inert), live);
}

TEST(RefangTest, LeavesTheEvidenceInAPathAlone) {
  EXPECT_EQ(Refang("http://192.0.2.1/mao_hxxp.sh"), "http://192.0.2.1/mao_hxxp.sh");
  EXPECT_EQ(Refang("http://evil.example/[UPG]CSS.exe"), "http://evil.example/[UPG]CSS.exe");
  EXPECT_EQ(Refang("hxxp://evil[.]example/gate[.]php"), "http://evil.example/gate[.]php");
  EXPECT_EQ(Refang("hxxp://evil[.]example/?u=hxxp://a[.]b"), "http://evil.example/?u=hxxp://a[.]b");
}

TEST(RefangTest, LeavesWhatIsNotDefangedUnchanged) {
  for (const std::string_view text :
       {"", "evil.example", "HTTP://Evil.example/", "https://evil.example:8443/x", "192.0.2.1/32",
        "2001:db8::1", "http://[::1]:80/", "http://[::]/", "hxxp.example", "hxxp",
        "javascript:alert(1)", "ftp://evil.example", "[", "dot", "<img onerror=x>",
        "b\xc3\xbc.example"}) {
    EXPECT_EQ(Refang(text), text);
  }
}

TEST(DefangTest, MakesEveryKindInert) {
  EXPECT_EQ(Defang("http://evil.example/x"), "hxxp://evil[.]example/x");
  EXPECT_EQ(Defang("https://evil.example:8443/a.b"), "hxxps://evil[.]example:8443/a.b");
  EXPECT_EQ(Defang("http://[2001:db8::1]/"), "hxxp://[2001:db8::1]/");
  EXPECT_EQ(Defang("evil.example"), "evil[.]example");
  EXPECT_EQ(Defang("192.0.2.0/24"), "192[.]0[.]2[.]0/24");
  EXPECT_EQ(Defang("2001:db8::/32"), "2001[:]db8[:][:]/32");
  EXPECT_EQ(Defang("d41d8cd98f00b204e9800998ecf8427e"), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(DefangTest, IsUndoneByRefang) {
  for (const std::string_view text :
       {"evil.example", "com", "http.example", "192.0.2.1/32", "2001:db8::/32", "::/0", "::1/128",
        "http://evil.example/", "https://evil.example:8443/a[.]b?c=hxxp://d[.]e",
        "http://[2001:db8::1]:81/", "http://[::ffff:102:304]/x", "http://192.0.2.1/hxxp[:]//",
        "d41d8cd98f00b204e9800998ecf8427e"}) {
    EXPECT_EQ(Refang(Defang(text)), text);
  }
}

}  // namespace
}  // namespace policy
