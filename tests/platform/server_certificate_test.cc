// TLS between our own client and server, and between the server and the openssl program.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "platform/clock.h"
#include "platform/http_client.h"
#include "platform/http_server.h"
#include "platform/openssl_handles.h"
#include "platform/subprocess.h"
#include "tests/platform/fake_http_server.h"
#include "tests/platform/temporary_folder.h"

namespace platform {
namespace {

using policy::ErrorCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

HttpServerResponse TellIdentity(const HttpServerRequest& request) {
  return TextResponse(200, "you are <" + request.client_cert_identity + ">");
}

class ServerCertificateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const policy::TimePoint now = SystemClock().Now();
    valid_ = {now - hours(1), now + hours(24)};
    ca_ = MakeCa("test CA", valid_).value();
    ASSERT_TRUE(WriteFileAtomically(folder_ / "ca.pem", ca_.certificate_pem));
  }

  CertificateRequest ForLoopback() const {
    CertificateRequest request;
    request.common_name = "server";
    request.dns_names = {"localhost"};
    request.ip_addresses = {"127.0.0.1"};
    return request;
  }

  std::unique_ptr<HttpServer> Start(const CertificateAndKey& certificate,
                                    const std::string& client_ca = "") {
    HttpServer::Options options;
    options.tls = HttpServer::Tls{certificate.certificate_pem, certificate.key_pem, client_ca};
    auto server = HttpServer::Start(std::move(options), TellIdentity);
    if (!server) throw std::runtime_error(server.error().detail);
    return *std::move(server);
  }

  policy::Result<HttpResponse> Get(std::uint16_t port, const std::string& host = "localhost") {
    HttpRequest request;
    request.url = "https://" + host + ":" + std::to_string(port) + "/";
    request.allow_private_addresses = true;
    request.deadline = seconds(10);
    request.ca_file = folder_ / "ca.pem";
    return CurlHttpClient("sekisho-test").Get(request);
  }

  // What `openssl s_client` gets to see with this client certificate.
  std::string GetAs(std::uint16_t port, const CertificateAndKey& client) {
    EXPECT_TRUE(
        WriteFileAtomically(folder_ / "client.pem", client.certificate_pem + client.key_pem));
    RunOptions options;
    options.timeout = seconds(10);
    options.input = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const auto output = platform::Run(
        {"openssl", "s_client", "-quiet", "-CAfile", (folder_ / "ca.pem").string(), "-cert",
         (folder_ / "client.pem").string(), "-connect", "127.0.0.1:" + std::to_string(port)},
        options);
    return output ? output->out : "failed: " + output.error().detail;
  }

  testing::TemporaryFolder folder_;
  Validity valid_;
  CertificateAndKey ca_;
};

TEST_F(ServerCertificateTest, IsAcceptedForTheNamesAndAddressesItHolds) {
  const auto server = Start(IssueCertificate(ca_, ForLoopback(), valid_).value());
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto response = Get(server->port(), host);
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->body, "you are <>");
  }
}

TEST_F(ServerCertificateTest, N1_IsRefusedIfExpiredOrOfAnotherNameOrOfAnotherCa) {
  const policy::TimePoint now = SystemClock().Now();
  CertificateRequest wrong_name = ForLoopback();
  wrong_name.dns_names = {"other.example"};
  wrong_name.ip_addresses.clear();
  CertificateRequest client_only = ForLoopback();
  client_only.for_server = false;
  client_only.for_client = true;
  const CertificateAndKey other_ca = MakeCa("test CA", valid_).value();
  const std::pair<const char*, CertificateAndKey> cases[] = {
      {"expired", IssueCertificate(ca_, ForLoopback(), {now - hours(48), now - hours(24)}).value()},
      {"not yet valid",
       IssueCertificate(ca_, ForLoopback(), {now + hours(24), now + hours(48)}).value()},
      {"wrong name", IssueCertificate(ca_, wrong_name, valid_).value()},
      {"for clients only", IssueCertificate(ca_, client_only, valid_).value()},
      {"another CA of the same name", IssueCertificate(other_ca, ForLoopback(), valid_).value()},
      {"self-signed", MakeCa("localhost", valid_).value()},
  };
  for (const auto& [name, certificate] : cases) {
    const auto server = Start(certificate);
    const auto response = Get(server->port());
    ASSERT_FALSE(response) << name;
    EXPECT_EQ(response.error().code, ErrorCode::not_allowed) << name << response.error().detail;
  }
}

TEST_F(ServerCertificateTest, N1_IsNotAskedForInPlainTextWhenTlsFails) {
  testing::FakeHttpServer plain(
      testing::FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
  request.allow_private_addresses = true;
  request.deadline = seconds(2);
  EXPECT_FALSE(CurlHttpClient("sekisho-test").Get(request));
  for (const std::string& head : plain.heads()) EXPECT_FALSE(head.starts_with("GET"));
}

// Answers over TLS with a body that nothing but the end of the connection delimits.
testing::FakeHttpServer::Script EndWithoutLength(const CertificateAndKey& certificate) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const CertificatePtr leaf = ReadCertificate(certificate.certificate_pem);
  const KeyPtr key = ReadPrivateKey(certificate.key_pem);
  SSL_CTX_use_certificate(context.get(), leaf.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return [context](testing::FakeHttpServer::Connection& connection) {
    const std::unique_ptr<SSL, OpenSslFree<SSL_free>> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), connection.fd());
    if (SSL_accept(ssl.get()) != 1) return;
    char buffer[4096];
    SSL_read(ssl.get(), buffer, sizeof buffer);
    const std::string_view text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na.example\n";
    SSL_write(ssl.get(), text.data(), static_cast<int>(text.size()));
  };
}

TEST_F(ServerCertificateTest, F6_ABodyWithoutLengthIsRefusedOverTlsToo) {
  const CertificateAndKey certificate = IssueCertificate(ca_, ForLoopback(), valid_).value();
  testing::FakeHttpServer cut(EndWithoutLength(certificate));
  const auto response = Get(cut.port());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable) << response.error().detail;
}

TEST_F(ServerCertificateTest, F9_RedirectsToPlainTextAreRefused) {
  testing::FakeHttpServer plain(
      testing::FakeHttpServer::Always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const CertificateAndKey certificate = IssueCertificate(ca_, ForLoopback(), valid_).value();
  HttpServer::Options options;
  options.tls = HttpServer::Tls{certificate.certificate_pem, certificate.key_pem, ""};
  const auto server = HttpServer::Start(std::move(options), [&](const HttpServerRequest&) {
    HttpServerResponse response;
    response.status = 302;
    response.headers = {{"Location", plain.Url()}};
    return response;
  });
  ASSERT_TRUE(server);
  const auto response = Get((*server)->port());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::not_allowed) << response.error().detail;
  EXPECT_TRUE(plain.heads().empty());
}

TEST_F(ServerCertificateTest, N1_ServersOfTls11AreRefused) {
  const CertificateAndKey certificate = IssueCertificate(ca_, ForLoopback(), valid_).value();
  ASSERT_TRUE(WriteFileAtomically(folder_ / "server.pem",
                                  certificate.certificate_pem + certificate.key_pem));
  const auto start = [&](const std::string& version, const std::string& log) {
    ChildOptions options;
    options.output_file = folder_ / log;
    return ChildProcess::Start(
        {"openssl", "s_server", "-www", "-accept", "127.0.0.1:0", version, "-cipher",
         "ALL:@SECLEVEL=0", "-cert", (folder_ / "server.pem").string()},
        options);
  };
  const auto port = [&](const std::string& log) -> std::uint16_t {
    const std::string mark = "ACCEPT 127.0.0.1:";
    for (int i = 0; i < 500; ++i) {
      const std::string text = ReadFile(folder_ / log, 10'000).value_or("");
      const auto at = text.find(mark);
      if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
        return static_cast<std::uint16_t>(std::stoi(text.substr(at + mark.size())));
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    return 0;
  };
  auto old_server = start("-tls1_1", "old.log");
  auto new_server = start("-tls1_2", "new.log");
  if (!old_server || !new_server) GTEST_SKIP() << "needs the openssl program";
  ASSERT_NE(port("old.log"), 0);
  const auto old_response = Get(port("old.log"));
  ASSERT_FALSE(old_response);
  EXPECT_EQ(old_response.error().code, ErrorCode::not_allowed) << old_response.error().detail;
  // With TLS 1.2 the same server gets to answer (if without a length), so it was the version that
  // was refused.
  const auto new_response = Get(port("new.log"));
  ASSERT_FALSE(new_response);
  EXPECT_NE(new_response.error().detail.find("says nothing of its length"), std::string::npos)
      << new_response.error().detail;
}

TEST_F(ServerCertificateTest, IsAskedOfClientsAndTellsWhoTheyAre) {
  const auto server =
      Start(IssueCertificate(ca_, ForLoopback(), valid_).value(), ca_.certificate_pem);
  CertificateRequest client;
  client.common_name = "someone";
  client.dns_names = {"edge-1.example"};
  client.for_server = false;
  client.for_client = true;
  const CertificateAndKey by_dns = IssueCertificate(ca_, client, valid_).value();
  client.uris = {"spiffe://example/edge-2"};
  const CertificateAndKey by_uri = IssueCertificate(ca_, client, valid_).value();
  const CertificateAndKey other_ca = MakeCa("test CA", valid_).value();
  const CertificateAndKey stranger = IssueCertificate(other_ca, client, valid_).value();

  const std::string text = GetAs(server->port(), by_dns);
  if (text.find("not found") != std::string::npos) GTEST_SKIP() << "needs the openssl program";
  EXPECT_NE(text.find("you are <edge-1.example>"), std::string::npos) << text;
  EXPECT_NE(GetAs(server->port(), by_uri).find("you are <spiffe://example/edge-2>"),
            std::string::npos);
  EXPECT_EQ(GetAs(server->port(), stranger).find("you are"), std::string::npos);
  EXPECT_FALSE(Get(server->port()));  // shows none
}

TEST_F(ServerCertificateTest, CanBeReplacedWhileTheServerRuns) {
  const policy::TimePoint now = SystemClock().Now();
  const auto server =
      Start(IssueCertificate(ca_, ForLoopback(), {now - hours(48), now - hours(24)}).value());
  EXPECT_FALSE(Get(server->port()));
  const CertificateAndKey good = IssueCertificate(ca_, ForLoopback(), valid_).value();
  ASSERT_TRUE(server->ReloadTls({good.certificate_pem, good.key_pem, ""}));
  EXPECT_TRUE(Get(server->port()));
  const auto bad = server->ReloadTls({good.certificate_pem, ca_.key_pem, ""});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::malformed_input);
  EXPECT_TRUE(Get(server->port()));
}

}  // namespace
}  // namespace platform
