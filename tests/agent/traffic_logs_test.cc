// The parsers of logs that tell what our own clients use.
#include <gtest/gtest.h>

#include <string>

#include "agent/traffic/bind_query_log.h"
#include "agent/traffic/eve_log.h"
#include "agent/traffic/squid_access_log.h"
#include "agent/traffic/zeek_log.h"

namespace agent::traffic {
namespace {

// "TIME CLIENT name address url", with "-" for what is not told.
std::string Told(const LineResult& result) {
  if (!result) return "fault: " + std::string(result.error());
  if (!*result) return "nothing";
  const Request& request = **result;
  return policy::FormatTime(request.at) + " " + request.client + " " +
         (request.name ? request.name->name() : "-") + " " +
         (request.address ? request.address->AddressString() : "-") + " " +
         (request.url ? request.url->text() : "-");
}

std::string Bind(std::string_view line, std::chrono::seconds offset = {}) {
  return Told(ReadBindQuery(line, offset));
}

std::string Squid(std::string_view line) {
  return Told(ReadSquidAccess(line));
}

TEST(BindQueryLogTest, TellsWhichNameAClientAskedFor) {
  EXPECT_EQ(Bind("24-Nov-2026 07:26:50.668 queries: info: client @0x7fa63a01a098 10.0.1.26#51052 "
                 "(Ise.WRCCDC.org): query: Ise.WRCCDC.org IN A + (10.0.0.53)"),
            "2026-11-24T07:26:50Z 10.0.1.26 ise.wrccdc.org - -")
      << "0x20: the case is as it was sent";
  EXPECT_EQ(Bind("24-Nov-2026 07:26:50.668 queries: info: client @0x7f 2001:db8::1#5 (a.example): "
                 "view inside: query: a.example IN AAAA +E(0)K (10.0.0.53) "),
            "2026-11-24T07:26:50Z 2001:db8::1 a.example - -");
}

TEST(BindQueryLogTest, ReadsLinesOfVersionsBefore911) {
  EXPECT_EQ(
      Bind("24-Nov-2012 07:26:50.668 client 10.0.1.26#51052: query: a.example IN A + (10.0.0.53)"),
      "2012-11-24T07:26:50Z 10.0.1.26 a.example - -");
}

TEST(BindQueryLogTest, ReadsEveryPrintTime) {
  const std::string rest = " client 10.0.0.1#1 (a.example): query: a.example IN A +";
  const auto tokyo = std::chrono::hours(9);
  EXPECT_EQ(Bind("24-Nov-2026 07:26:50.668" + rest, tokyo),
            "2026-11-23T22:26:50Z 10.0.0.1 a.example - -");
  EXPECT_EQ(Bind("2026-11-24T07:26:50.668" + rest, tokyo),
            "2026-11-23T22:26:50Z 10.0.0.1 a.example - -");
  EXPECT_EQ(Bind("2026-11-24T07:26:50.668Z" + rest, tokyo),
            "2026-11-24T07:26:50Z 10.0.0.1 a.example - -");
  EXPECT_EQ(Bind("client 10.0.0.1#1 (a.example): query: a.example IN A +"),
            "fault: no time as BIND's print-time writes it");
  EXPECT_EQ(Bind("32-Nov-2026 07:26:50.668" + rest),
            "fault: no time as BIND's print-time writes it");
}

TEST(BindQueryLogTest, WhatIsNoHostNameTellsNothing) {
  const std::string begin =
      "24-Nov-2026 07:26:50.668 queries: info: client @0x7f 10.0.0.1#1 (x): query: ";
  for (const char* const name :
       {"*", ".", "\\(empty\\)", "nougat\\032[28:d2]._workstation._tcp.local"}) {
    EXPECT_EQ(Bind(begin + name + " IN SRV +"), "nothing") << name;
  }
  EXPECT_EQ(Bind("24-Nov-2026 07:26:50.668 general: info: managed-keys-zone: loaded"), "nothing");
}

TEST(SquidAccessLogTest, OfHttpsOnlyTheHostIsKnown) {
  EXPECT_EQ(
      Squid("1795505341.704      3 10.0.2.39 TCP_TUNNEL/200 39 CONNECT WWW.mediafire.com:443 - "
            "HIER_DIRECT/192.0.2.7 -"),
      "2026-11-24T07:29:01Z 10.0.2.39 www.mediafire.com 192.0.2.7 -");
}

TEST(SquidAccessLogTest, OfPlainHttpTheUrlIs) {
  EXPECT_EQ(Squid("1795505341.758      0 10.0.2.30 TCP_MISS/200 229 GET http://bad.example/a?b=c - "
                  "FIRSTUP_PARENT/127.0.0.1 text/html"),
            "2026-11-24T07:29:01Z 10.0.2.30 bad.example - http://bad.example/a?b=c")
      << "the address of another proxy is none that was used";
  EXPECT_EQ(
      Squid("1795505341.851      0 10.0.2.21 TCP_MISS/200 229 HEAD http://195.16.44.75:8080/x.exe "
            "- HIER_DIRECT/195.16.44.75 text/html"),
      "2026-11-24T07:29:01Z 10.0.2.21 - 195.16.44.75 http://195.16.44.75:8080/x.exe");
}

TEST(SquidAccessLogTest, WhatWasRefusedOrIsNoSiteTellsNothing) {
  EXPECT_EQ(
      Squid(
          "1795505341.758 0 10.0.2.30 TCP_DENIED/403 229 CONNECT bad.example:443 - HIER_NONE/- -"),
      "nothing");
  EXPECT_EQ(
      Squid("1795505341.758 0 10.0.2.30 NONE_NONE/400 3 - error:invalid-request - HIER_NONE/- -"),
      "nothing");
  EXPECT_EQ(Squid("1795505341.758 0 10.0.2.30 TCP_MISS/200 3 GET ftp://a.example/ - HIER_NONE/- -"),
            "nothing");
}

TEST(SquidAccessLogTest, AnotherFormatIsAFault) {
  for (const char* const line :
       {"", "rubbish",
        "10.0.0.1 - - [24/Nov/2026:07:29:01 +0000] \"GET http://a.example/ HTTP/1.1\" 200 1",
        "1795505341 0 10.0.0.1 TCP_MISS/200 3 GET http://a.example/ - HIER_NONE/- -"}) {
    EXPECT_EQ(Squid(line), "fault: no line of Squid's native format") << line;
  }
}

class ZeekLogTest : public ::testing::Test {
 protected:
  std::string Read(const std::string& line) { return Told(zeek_.Read(line, header_)); }

  ZeekLog zeek_{feeds::HomeNet()};
  std::string header_;
};

TEST_F(ZeekLogTest, TellsByTheColumnsOfTheFileWhatWasUsed) {
  EXPECT_EQ(Read("#fields\tts\tid.orig_h\tid.resp_h\tquery"), "nothing");
  EXPECT_EQ(Read("1521911720.865716\t10.47.1.100\t10.0.0.100\tise.wrccdc.org"),
            "2018-03-24T17:15:20Z 10.47.1.100 ise.wrccdc.org - -");
  EXPECT_EQ(Read("#fields\tid.orig_h\tts\tserver_name"), "nothing");
  EXPECT_EQ(Read("10.47.1.100\t1521911720.865716\tA.example"),
            "2018-03-24T17:15:20Z 10.47.1.100 a.example - -");
  EXPECT_EQ(Read("10.47.1.100\t1521911720.865716\t-"), "nothing") << "no SNI";
  EXPECT_EQ(Read("#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\tconn_state"), "nothing");
  EXPECT_EQ(Read("1320279554.496300\t192.168.2.76\t208.85.42.28\t80\tSF"),
            "2011-11-03T00:19:14Z 192.168.2.76 - 208.85.42.28 -");
}

TEST_F(ZeekLogTest, TellsTheUrlOfPlainHttp) {
  header_ = "#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\thost\turi";
  EXPECT_EQ(Read("1320279566.4\t192.168.2.76\t192.0.2.1\t8080\twww.reddit.com\t/a"),
            "2011-11-03T00:19:26Z 192.168.2.76 www.reddit.com - http://www.reddit.com:8080/a");
  EXPECT_EQ(
      Read("1320279566.4\t192.168.2.76\t10.0.0.8\t3128\twww.reddit.com\thttp://www.reddit.com/a"),
      "2011-11-03T00:19:26Z 192.168.2.76 www.reddit.com - http://www.reddit.com/a")
      << "through a proxy";
}

TEST_F(ZeekLogTest, ReadsJson) {
  EXPECT_EQ(
      Read(
          R"({"ts":1521911720.865716,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","query":"a.example"})"),
      "2018-03-24T17:15:20Z 10.0.0.1 a.example - -");
  EXPECT_EQ(
      Read(
          R"({"ts":"2018-03-24T17:15:20.8Z","id.orig_h":"10.0.0.1","id.resp_h":"192.0.2.2","conn_state":"SF"})"),
      "2018-03-24T17:15:20Z 10.0.0.1 - 192.0.2.2 -");
  EXPECT_EQ(Read(R"({"ts":)"), "fault: no JSON object");
}

TEST_F(ZeekLogTest, WhatStrangersAskOfUsIsNoUseOfOurs) {
  header_ = "#fields\tts\tid.orig_h\tid.resp_h\tconn_state";
  EXPECT_EQ(Read("1320279566.4\t192.0.2.1\t10.0.0.8\tSF"), "nothing");
  EXPECT_EQ(Read("1320279566.4\t10.0.0.9\t10.0.0.8\tSF"), "nothing")
      << "nor what we ask of ourselves";
}

TEST_F(ZeekLogTest, ALineWithoutColumnsIsAFault) {
  EXPECT_EQ(Read("1320279566.4\t192.0.2.1"), "fault: no line of Zeek's below a #fields line");
}

std::string Eve(const std::string& more, const std::string& client = "10.0.0.1") {
  return Told(ReadEveLog(R"({"timestamp":"2026-11-24T10:00:00.123456+0900","src_ip":")" + client +
                             R"(","src_port":50000,"dest_ip":"192.0.2.1","dest_port":8080,)" +
                             more + "}",
                         feeds::HomeNet()));
}

TEST(EveLogTest, TellsNamesUrlsAndAddressesThatOurEndAskedFor) {
  const std::string start = "2026-11-24T01:00:00Z 10.0.0.1 ";
  EXPECT_EQ(Eve(R"("event_type":"dns","dns":{"type":"query","rrname":"A.example"})"),
            start + "a.example - -");
  EXPECT_EQ(Eve(R"("event_type":"dns","dns":{"version":3,"type":"request",)"
                R"("queries":[{"rrname":"a.example","rrtype":"A"}]})"),
            start + "a.example - -");
  EXPECT_EQ(Eve(R"("event_type":"tls","tls":{"sni":"a.example"})"), start + "a.example - -");
  EXPECT_EQ(Eve(R"("event_type":"http","http":{"hostname":"a.example","url":"/x?y"})"),
            start + "a.example - http://a.example:8080/x?y");
  EXPECT_EQ(Eve(R"("event_type":"flow","flow":{"pkts_toserver":3})"), start + "- 192.0.2.1 -");
}

TEST(EveLogTest, AnswersAlertsAndStrangersTellNothing) {
  EXPECT_EQ(Eve(R"("event_type":"dns","dns":{"type":"answer","rrname":"a.example"})"), "nothing");
  EXPECT_EQ(Eve(R"("event_type":"dns","dns":[])"), "nothing");
  EXPECT_EQ(Eve(R"("event_type":"alert","tls":{"sni":"a.example"})"), "nothing");
  EXPECT_EQ(Eve(R"("event_type":"tls","tls":{"sni":"a.example"})", "198.51.100.1"), "nothing");
  EXPECT_EQ(Eve(R"("event_type":"tls","tls":{)"), "fault: no JSON object");
  EXPECT_EQ(Eve(R"("event_type":"tls","tls":{"sni":"a.example"})", "x"),
            "fault: no address of a client");
}

}  // namespace
}  // namespace agent::traffic
