#include "exporters/http_list/http_list_exporter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "exporters/http_list/access.h"
#include "exporters/http_list/published.h"
#include "exporters/http_list/range.h"
#include "exporters/http_list/responder.h"
#include "exporters/http_list/served_file.h"
#include "exporters/http_list/variants.h"
#include "platform/accept_encoding.h"
#include "platform/certificate.h"
#include "platform/encoding.h"
#include "platform/gzip.h"
#include "platform/http_client.h"
#include "platform/inflate.h"
#include "platform/subprocess.h"
#include "platform/tls.h"
#include "tests/exporters/signed_updates.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::ListOf;
using exporters::testing::now;
using exporters::testing::Snapshot;
using http_list::Access;
using http_list::Published;
using platform::HttpServerRequest;
using platform::HttpServerResponse;
using platform::testing::TemporaryFolder;
using policy::ErrorCode;
using policy::IndicatorKind;

Snapshot Mixed() {
  return ListOf({"domain b.example", "domain a.example", "ip 192.0.2.1/32", "ip 198.51.100.0/24",
                 "ip 2001:db8::1/128", "url http://a.example/x?y=1"});
}

std::string BytesOf(const Artifact& artifact, const std::string& name) {
  for (const ArtifactFile& file : artifact.files) {
    if (file.name == name) return file.bytes;
  }
  return "no such file";
}

const std::vector<http_list::Variant> variants{{"domains.txt", {IndicatorKind::domain}, 0},
                                               {"ips.txt", {IndicatorKind::ip}, 3}};

// ---- rendering

TEST(HttpListRenderTest, WritesOneValueALine) {
  const auto artifact = http_list::RenderVariants(*Mixed(), variants, "c.txt").value();
  EXPECT_EQ(BytesOf(artifact, "domains.txt"), "a.example\nb.example\n");
  EXPECT_EQ(BytesOf(artifact, "ips.txt"), "192.0.2.1\n198.51.100.0/24\n2001:db8::1\n");
  EXPECT_EQ(BytesOf(artifact, "c.txt"), Mixed()->text());
  EXPECT_EQ(artifact.enforced, 5U);
  EXPECT_EQ(artifact.not_enforceable, 1U);
}

TEST(HttpListRenderTest, E12_AnEmptyListIsNotAnEmptyBody) {
  const auto artifact = http_list::RenderVariants(*ListOf({}), variants, "c.txt").value();
  EXPECT_EQ(BytesOf(artifact, "domains.txt"), "# sekisho: this list is empty\n");
  EXPECT_EQ(BytesOf(artifact, "c.txt"), "");
}

TEST(HttpListRenderTest, E11_AListBeyondTheDevicesLimitIsShortenedAndThatIsTold) {
  const auto too_many =
      ListOf({"ip 192.0.2.1/32", "ip 192.0.2.3/32", "ip 192.0.2.5/32", "ip 192.0.2.7/32"});
  const auto artifact = http_list::RenderVariants(*too_many, variants, "c.txt");
  ASSERT_TRUE(artifact);
  EXPECT_EQ(BytesOf(*artifact, "ips.txt"), "192.0.2.1\n192.0.2.3\n192.0.2.5\n");
  EXPECT_EQ(BytesOf(*artifact, "left-out.txt"), "ips.txt: ip 192.0.2.7/32\n");
  EXPECT_EQ(artifact->enforced, 3U);
  EXPECT_EQ(artifact->not_enforceable, 0U);
}

// ---- negotiation and access

TEST(PrefersGzipTest, ReadsWeights) {
  const std::vector<std::pair<std::string, bool>> cases{
      {"", false},
      {"gzip", true},
      {"GZIP", true},
      {"deflate, gzip, br", true},
      {"gzip;q=0", false},
      {"gzip; q=0.000", false},
      {"gzip;q=0.001", true},
      {"*", true},
      {"*;q=0", false},
      {"gzip;q=0, *", false},
      {"identity", false},
      {"identity;q=1, gzip;q=0.5", false},
      {"identity;q=0.5, gzip;q=1.0", true},
      {"gzip;q=nonsense", false},
      {"gzip;q=0.", false},
      {"notgzip", false},
      {",,;;,", false},
  };
  for (const auto& [header, prefers] : cases) {
    EXPECT_EQ(platform::PrefersGzip(header), prefers) << header;
  }
}

TEST(ChooseCodingTest, TakesTheHeaviestAndOfEqualsTheFirstOffered) {
  const std::vector<std::string_view> offered{"zstd", "gzip"};
  const std::vector<std::pair<std::string, std::string_view>> cases{
      {"", ""},
      {"gzip", "gzip"},
      {"gzip, zstd", "zstd"},
      {"zstd;q=0.4, x-gzip;q=0.5", "gzip"},
      {"*", "zstd"},
      {"zstd;q=0, *", "gzip"},
      {"identity, zstd;q=0.9", ""},
      {"identity;q=0.5, zstd;q=0.9", "zstd"},
      {"identity;q=0", ""},
      {"br", ""},
  };
  for (const auto& [header, coding] : cases) {
    EXPECT_EQ(platform::ChooseCoding(header, offered), coding) << header;
  }
}

TEST(GzipTest, IsTheSameBytesEachTimeAndInflatesToTheInput) {
  const std::string text = Mixed()->text();
  EXPECT_EQ(platform::Gzip(text).value(), platform::Gzip(text).value());
  EXPECT_EQ(platform::Inflate(platform::Gzip(text).value(), 10'000).value(), text);
  EXPECT_EQ(platform::Inflate(platform::Gzip("").value(), 10).value(), "");
}

TEST(AccessTest, TakesABearerTokenOrTheReadersNameWithIt) {
  const Access access = Access::Only(
      {{"fw1", policy::Sha256Of("token-one")}, {"fw2", policy::Sha256Of("token-two")}});
  const auto basic = [](const std::string& text) { return "Basic " + platform::ToBase64(text); };
  EXPECT_TRUE(access.Allows("Bearer token-one"));
  EXPECT_TRUE(access.Allows("bearer  token-two"));
  EXPECT_TRUE(access.Allows(basic("fw1:token-one")));
  for (const std::string& header :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Bearer token"),
        std::string("token-one"), basic("fw2:token-one"), basic(":token-one"), basic("fw1:"),
        basic("fw1"), std::string("Basic !!"), std::string("Digest token-one"),
        "Bearer " + policy::ToHex(policy::Sha256Of("token-one"))}) {
    EXPECT_FALSE(access.Allows(header)) << header;
  }
  EXPECT_TRUE(Access::Anybody().Allows(""));
  EXPECT_FALSE(Access::Only({}).Allows("Bearer x"));
}

TEST(ByteRangeTest, ReadsOneRangeAndLeavesTheRest) {
  const auto of_ten = [](std::string_view header) -> std::string {
    const auto range = http_list::ReadRange(header, 10);
    return range ? std::to_string(range->first) + "+" + std::to_string(range->size) : "all";
  };
  EXPECT_EQ(of_ten("bytes=0-4"), "0+5");
  EXPECT_EQ(of_ten("bytes=5-"), "5+5");
  EXPECT_EQ(of_ten("bytes=9-99"), "9+1");
  EXPECT_EQ(of_ten("bytes=-3"), "7+3");
  EXPECT_EQ(of_ten("bytes=-99"), "0+10");
  EXPECT_EQ(of_ten("bytes=10-"), "0+0");
  EXPECT_EQ(of_ten("bytes=-0"), "10+0");
  for (const char* header : {"", "bytes=", "bytes=-", "bytes=4-3", "bytes=a-b", "bytes=0-1,3-4",
                             "lines=0-4", "bytes=0x1-2", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(of_ten(header), "all") << header;
  }
}

TEST(HttpDateTest, IsAnImfFixdate) {
  EXPECT_EQ(http_list::HttpDate(policy::ParseTime("2026-11-24T10:16:31Z").value()),
            "Tue, 24 Nov 2026 10:16:31 GMT");
  EXPECT_EQ(http_list::HttpDate(policy::ParseTime("1994-11-06T08:49:37Z").value()),
            "Sun, 06 Nov 1994 08:49:37 GMT");
}

// ---- responses

class HttpListResponseTest : public ::testing::Test {
 protected:
  HttpListResponseTest() {
    std::vector<std::string> lines;
    for (int i = 0; i < 100; ++i) lines.push_back("domain a" + std::to_string(i) + ".example");
    list_ = ListOf(lines);
    published_ = http_list::Publish(http_list::RenderVariants(*list_, variants, "c.txt").value(),
                                    variants, list_, 12, now)
                     .value();
  }
  HttpServerResponse Get(std::vector<platform::HttpHeader> headers,
                         const std::string& path = "/lists/domains.txt") {
    HttpServerRequest request;
    request.method = method_;
    request.path = path;
    request.headers = std::move(headers);
    request.headers.push_back({"Authorization", "Bearer token"});
    return http_list::Respond(request, published_.get(), access_, std::chrono::seconds(30));
  }
  static std::string Header(const HttpServerResponse& response, const std::string& name) {
    return std::string(platform::FindHeader(response.headers, name));
  }

  std::string method_ = "GET";
  Snapshot list_;
  std::shared_ptr<const Published> published_;
  Access access_ = Access::Only({{"fw1", policy::Sha256Of("token")}});
};

TEST_F(HttpListResponseTest, SaysWhichListItIs) {
  const auto response = Get({});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "X-Sekisho-Release"), "12");
  EXPECT_EQ(Header(response, "X-Sekisho-Digest"), policy::ToHex(list_->digest()));
  EXPECT_EQ(Header(response, "Last-Modified"), "Tue, 24 Nov 2026 10:00:00 GMT");
  EXPECT_EQ(Header(response, "ETag"), '"' + policy::ToHex(policy::Sha256Of(*response.body)) + '"');
}

TEST_F(HttpListResponseTest, TheCanonicalTextHasTheListsDigest) {
  EXPECT_EQ(policy::Sha256Of(*Get({}, "/lists/c.txt").body), list_->digest());
}

TEST_F(HttpListResponseTest, CompressesForThoseWhoAsk) {
  const auto plain = Get({});
  const auto gzip = Get({{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(Header(gzip, "Content-Encoding"), "gzip");
  EXPECT_NE(Header(gzip, "ETag"), Header(plain, "ETag"));
  EXPECT_EQ(platform::Inflate(*gzip.body, 100'000).value(), *plain.body);
}

TEST_F(HttpListResponseTest, TakesZstdWhereTheClientDoes) {
  const auto zstd = Get({{"Accept-Encoding", "gzip, deflate, br, zstd"}});
  EXPECT_EQ(Header(zstd, "Content-Encoding"), "zstd");
  EXPECT_EQ(Header(Get({{"Accept-Encoding", "zstd;q=0.5, gzip"}}), "Content-Encoding"), "gzip");
  EXPECT_EQ(Header(Get({{"Accept-Encoding", "br"}}), "Content-Encoding"), "");
  platform::RunOptions options;
  options.input = *zstd.body;
  const auto output = platform::Run({"zstd", "-dc"}, options);
  if (!output) GTEST_SKIP() << "there is no zstd";
  EXPECT_EQ(output->out, *Get({}).body) << output->err;
}

TEST_F(HttpListResponseTest, AnswersNotModifiedToWhoHasIt) {
  const std::string etag = Header(Get({}), "ETag");
  const std::string date = Header(Get({}), "Last-Modified");
  EXPECT_EQ(Get({{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(Get({{"If-None-Match", "\"other\", W/" + etag}}).status, 304);
  EXPECT_EQ(Get({{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(Get({{"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_EQ(Get({{"If-None-Match", etag}, {"Accept-Encoding", "gzip"}}).status, 200);
  EXPECT_EQ(Get({{"If-Modified-Since", date}}).status, 304);
  EXPECT_EQ(Get({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status, 200);
  EXPECT_EQ(Get({{"If-Modified-Since", date}, {"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_FALSE(Get({{"If-None-Match", etag}}).body);
}

TEST_F(HttpListResponseTest, ServesAPartToWhoHasTheRest) {
  const auto whole = Get({});
  const auto part = Get({{"Range", "bytes=10-29"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(*part.body, whole.body->substr(10, 20));
  EXPECT_EQ(Header(part, "Content-Range"), "bytes 10-29/" + std::to_string(whole.body->size()));
  EXPECT_EQ(Get({{"Range", "bytes=10-29"}, {"If-Range", Header(whole, "ETag")}}).status, 206);
  EXPECT_EQ(Get({{"Range", "bytes=10-29"}, {"If-Range", "\"of another list\""}}).status, 200);
  EXPECT_EQ(Get({{"Range", "bytes=0-1,5-6"}}).status, 200);
  const auto beyond = Get({{"Range", "bytes=999999-"}});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_FALSE(beyond.body);
  const auto gzip = Get({{"Range", "bytes=0-3"}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(*gzip.body, Get({{"Accept-Encoding", "gzip"}}).body->substr(0, 4));
}

TEST_F(HttpListResponseTest, AnswersHeadLikeGet) {
  const auto get = Get({});
  method_ = "HEAD";
  EXPECT_EQ(Get({}).status, 200);
  EXPECT_EQ(Header(Get({}), "ETag"), Header(get, "ETag"));
}

TEST_F(HttpListResponseTest, RefusesWhatIsNoList) {
  for (const std::string path : {"/", "/lists/", "/lists/other.txt", "/lists/../lists/domains.txt",
                                 "/lists/%64omains.txt", "/etc/passwd", "*"}) {
    EXPECT_EQ(Get({}, path).status, 404) << path;
  }
  method_ = "PUT";
  EXPECT_EQ(Get({}).status, 405);
}

using ExporterFaultsHttpList = HttpListResponseTest;

TEST_F(ExporterFaultsHttpList, E12_OnlyAWrongTokenIs401AndOwnTroubleIs503) {
  access_ = Access::Only({{"fw1", policy::Sha256Of("another")}});
  const auto refused = Get({});
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(Header(refused, "WWW-Authenticate"), "");
  EXPECT_EQ(Get({}, "/lists/nothing.txt").status, 401);
  published_ = nullptr;
  for (const auto& access : {access_, Access::Anybody()}) {
    access_ = access;
    const auto response = Get({});
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(Header(response, "Retry-After"), "30");
    EXPECT_FALSE(response.body->empty());
  }
}

// ---- the exporter, over real HTTP

class HttpListExporterTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Exporter>> Make(const std::string& settings, bool check_only = false) {
    const auto document = config::Document::Parse(settings, folder_ / "http_list.yaml");
    if (!document) return tl::unexpected(document.error());
    return MakeHttpList(document->root(), {"edl", folder_.path(), clock_, check_only});
  }
  std::unique_ptr<Exporter> Made() { return Make(settings_).value(); }

  static Outcome<Proof> Apply(Exporter& exporter, const Snapshot& list, std::uint64_t release) {
    const policy::Delta none;
    return exporter.Apply({nullptr, *list, none, release});
  }

  TemporaryFolder folder_;
  platform::ManualClock clock_{now};
  std::string settings_ =
      "{port: 0, anonymous: true, lists: [{path: d.txt, kinds: [domain]}, "
      "{path: all.txt, kinds: [domain, ip, url]}]}";
};

TEST_F(HttpListExporterTest, ProvesByFetchingWhatItServes) {
  const auto exporter = Made();
  EXPECT_EQ(exporter->profile().kinds, (std::vector<std::string>{"domain", "ip", "url"}));
  const auto before = exporter->ReadBack(*Mixed());
  ASSERT_TRUE(before);
  EXPECT_FALSE(before->matches);
  EXPECT_NE(before->how.find("503"), std::string::npos) << before->how;

  const auto proof = Apply(*exporter, Mixed(), 1);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_TRUE(proof->matches);
  EXPECT_EQ(proof->enforced, 6U);
  EXPECT_TRUE(exporter->ReadBack(*Mixed())->matches);
  EXPECT_FALSE(exporter->ReadBack(*ListOf({"domain a.example"}))->matches);
}

TEST_F(HttpListExporterTest, ServesAnEmptyListThatWasReleasedAsSuch) {
  const auto exporter = Made();
  ASSERT_TRUE(Apply(*exporter, Mixed(), 1));
  const auto proof = Apply(*exporter, ListOf({}), 2);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_TRUE(proof->matches);
}

TEST_F(HttpListExporterTest, E15_ServesTheSameListAgainAfterARestart) {
  ASSERT_TRUE(Apply(*Made(), Mixed(), 1));
  clock_.Advance(std::chrono::hours(5));
  EXPECT_TRUE(Made()->ReadBack(*Mixed())->matches);
  const auto served = http_list::ReadServed(folder_ / "served.list").value();
  EXPECT_EQ(served->modified, now);
  EXPECT_EQ(served->release, 1U);
}

TEST_F(HttpListExporterTest, S5_StartsWithoutAFileThatIsNotWhatWasWritten) {
  ASSERT_TRUE(Apply(*Made(), Mixed(), 1));
  std::ofstream(folder_ / "served.list", std::ios::app) << "domain zzz.example\n";
  EXPECT_FALSE(http_list::ReadServed(folder_ / "served.list"));
  EXPECT_FALSE(Made()->ReadBack(*Mixed())->matches);
}

TEST_F(HttpListExporterTest, E2_ARefusedListLeavesTheFormerOneServed) {
  const auto exporter = Made();
  ASSERT_TRUE(Apply(*exporter, Mixed(), 1));
  const auto refused = Apply(*exporter, ListOf({"domain NOT.canonical"}), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
  EXPECT_TRUE(exporter->ReadBack(*Mixed())->matches);
}

// Only the risks change: a client has to see another file, with another time.
TEST_F(HttpListExporterTest, E11_WhatIsLeftOutFollowsTheRisk) {
  settings_ = "{port: 0, anonymous: true, lists: [{path: d.txt, kinds: [domain], entries_max: 1}]}";
  const auto exporter = Made();
  const auto list_of = [](std::uint8_t risk) {
    return testing::TermedListOf({{"domain a.example", {9, 50}}, {"domain b.example", {9, risk}}});
  };
  const auto proof = Apply(*exporter, list_of(40), 1);
  ASSERT_TRUE(proof);
  ASSERT_EQ(proof->left_out.size(), 1U);
  EXPECT_EQ(proof->left_out[0].place, "d.txt");
  EXPECT_EQ(proof->left_out[0].sample, std::vector<std::string>{"domain b.example"});
  EXPECT_FALSE(exporter->ReadBack(*list_of(60))->matches);
  ASSERT_TRUE(Apply(*exporter, list_of(60), 2));
  EXPECT_TRUE(exporter->ReadBack(*list_of(60))->matches);
  EXPECT_TRUE(Made()->ReadBack(*list_of(60))->matches) << "kept with its terms";
}

TEST_F(HttpListExporterTest, S3_AFullDiskLeavesTheFormerListServed) {
  const auto exporter = Made();
  ASSERT_TRUE(Apply(*exporter, Mixed(), 1));
  std::filesystem::remove_all(folder_.path());
  const auto refused = Apply(*exporter, ListOf({"domain a.example"}), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
  EXPECT_TRUE(exporter->ReadBack(*Mixed())->matches);
}

TEST_F(HttpListExporterTest, ServesOverTlsWithTokensAndStillReadsItselfBack) {
  const platform::Validity always{policy::ParseTime("2020-01-01").value(),
                                  policy::ParseTime("2049-01-01").value()};
  const auto ca = platform::MakeCa("test CA", always).value();
  platform::CertificateRequest request;
  request.common_name = "lists";
  request.ip_addresses = {"127.0.0.1"};
  const auto issued = platform::IssueCertificate(ca, request, always).value();
  std::ofstream(folder_ / "lists.pem") << issued.certificate_pem;
  std::ofstream(folder_ / "lists.key") << issued.key_pem;
  std::ofstream(folder_ / "fw1.token") << "0123456789abcdef0123\n";
  settings_ =
      "{port: 0, tls: {certificate: lists.pem, key: lists.key}, "
      "readers: [{name: fw1, token_file: fw1.token}], lists: [{path: d.txt, kinds: [domain]}]}";
  const auto exporter = Make(settings_);
  ASSERT_TRUE(exporter) << exporter.error().detail;
  const auto proof = Apply(**exporter, Mixed(), 1);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_TRUE(proof->matches);
}

TEST_F(HttpListExporterTest, ServesOnlyThoseWhoShowACertificateWhereThatIsAsked) {
  const platform::Validity always{policy::ParseTime("2020-01-01").value(),
                                  policy::ParseTime("2049-01-01").value()};
  const auto ca = platform::MakeCa("test CA", always).value();
  const auto issue = [&](const std::string& name, bool client) {
    platform::CertificateRequest request;
    request.common_name = name;
    request.dns_names = {name};
    request.ip_addresses = {"127.0.0.1"};
    request.for_server = !client;
    request.for_client = client;
    const auto issued = platform::IssueCertificate(ca, request, always).value();
    std::ofstream(folder_ / (name + ".pem")) << issued.certificate_pem;
    std::ofstream(folder_ / (name + ".key")) << issued.key_pem;
  };
  issue("lists", false);
  issue("fw1", true);
  std::ofstream(folder_ / "ca.pem") << ca.certificate_pem;
  const std::string port = std::to_string(peers::FreePort());
  const auto exporter = Make("{port: " + port +
                             ", tls: {certificate: lists.pem, key: lists.key, client_ca: ca.pem}, "
                             "anonymous: true, lists: [{path: d.txt, kinds: [domain]}]}");
  ASSERT_TRUE(exporter) << exporter.error().detail;
  const auto proof = Apply(**exporter, Mixed(), 1);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_TRUE(proof->matches) << proof->how;
  platform::CurlHttpClient client("test");
  platform::HttpRequest request;
  request.url = "https://127.0.0.1:" + port + "/lists/d.txt";
  request.allow_private_addresses = true;
  request.ca_file = folder_ / "ca.pem";
  EXPECT_FALSE(client.Get(request));
  request.client_certificate = folder_ / "fw1.pem";
  request.client_key = folder_ / "fw1.key";
  const auto response = client.Get(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "a.example\nb.example\n");
}

TEST_F(HttpListExporterTest, SignsEveryFileAsOpensslAndMinisignVerify) {
  const auto key = platform::SigningKey::Generate().value();
  std::ofstream(folder_ / "sign.key") << key.ToPem().value();
  const auto exporter = Make(
      "{port: 0, anonymous: true, signing_key: sign.key, lists: [{path: d.txt, kinds: [domain]}]}");
  ASSERT_TRUE(exporter) << exporter.error().detail;
  const auto proof = Apply(**exporter, Mixed(), 1);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_TRUE(proof->matches) << proof->how;
  const Artifact artifact = (*exporter)->Render(*Mixed()).value();
  for (const ArtifactFile& file : artifact.files) {
    std::ofstream(folder_ / file.name, std::ios::binary) << file.bytes;
  }
  EXPECT_TRUE(platform::Verify(key.public_key(), BytesOf(artifact, "d.txt"),
                               BytesOf(artifact, "d.txt.sig")));
  const auto minisign = peers::Find("minisign");
  if (!minisign) {
    ASSERT_EQ(std::getenv("CI"), nullptr);
    GTEST_SKIP() << "no minisign; run ./dev test, or deploy/dev/peers.sh";
  }
  const auto verify = [&] {
    return platform::Run({minisign->string(), "-V", "-p", (folder_ / "minisign.pub").string(), "-m",
                          (folder_ / "d.txt").string()},
                         {})
        .value();
  };
  const auto good = verify();
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("file:d.txt\tlist:" + policy::ToHex(Mixed()->digest())),
            std::string::npos)
      << good.out;
  std::ofstream(folder_ / "d.txt", std::ios::app) << "more.example\n";
  EXPECT_NE(verify().exit_code, 0);
}

TEST_F(HttpListExporterTest, ChecksSettingsWithoutListening) {
  EXPECT_TRUE(Make("{port: 1, anonymous: true, lists: [{path: d.txt, kinds: [ip]}]}", true));
}

TEST_F(HttpListExporterTest, RefusesSettingsThatWouldMislead) {
  const std::string lists = "lists: [{path: d.txt, kinds: [ip]}]";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{port: 0, " + lists + "}", "either readers, or anonymous"},
      {"{port: 0, anonymous: true, lists: []}", "at least one list"},
      {"{port: 0, anonymous: true, lists: [{path: ../x, kinds: [ip]}]}", "plain file name"},
      {"{port: 0, anonymous: true, lists: [{path: x.sig, kinds: [ip]}]}", "signatures of lists"},
      {"{port: 0, anonymous: true, signing_key: missing, " + lists + "}", "missing"},
      {"{port: 0, anonymous: true, lists: [{path: x, kinds: []}]}", "at least one kind"},
      {"{port: 0, anonymous: true, lists: [{path: x, kinds: [hash]}]}", "1:"},
      {"{port: 0, anonymous: true, lists: [{path: edl.canonical.txt, kinds: [ip]}]}", "taken"},
      {"{address: 0.0.0.0, port: 0, anonymous: true, " + lists + "}", "needs tls"},
      {"{address: somewhere, port: 0, anonymous: true, " + lists + "}", "IP address"},
      {"{port: 0, readers: [{name: a}], " + lists + "}", "token_file or token_sha256"},
      {"{port: 0, readers: [{name: a, token_file: missing}], " + lists + "}", "missing"},
      {"{port: 0, anonymous: true, lsits: 1, " + lists + "}", "unknown key"},
  };
  for (const auto& [settings, reason] : cases) {
    const auto made = Make(settings, true);
    ASSERT_FALSE(made) << settings;
    EXPECT_NE(made.error().detail.find(reason), std::string::npos) << settings << "\n"
                                                                   << made.error().detail;
  }
}

}  // namespace
}  // namespace exporters
