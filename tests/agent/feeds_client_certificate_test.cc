#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "platform/http_client.h"
#include "platform/http_server.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

TEST(ClientCertificate, IsShownToAServerThatWantsOne) {
  using namespace platform;
  const platform::testing::TemporaryFolder folder;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Validity validity{now - std::chrono::hours(1), now + std::chrono::hours(1)};
  const auto ca = MakeCa("test", validity).value();
  const auto server_pair =
      IssueCertificate(ca, {.common_name = "server", .ip_addresses = {"127.0.0.1"}}, validity)
          .value();
  const auto client_pair = IssueCertificate(ca,
                                            {.common_name = "sekisho",
                                             .uris = {"sekisho://feeds"},
                                             .for_server = false,
                                             .for_client = true},
                                            validity)
                               .value();
  HttpServer::Options options;
  options.tls =
      HttpServer::Tls{server_pair.certificate_pem, server_pair.key_pem, ca.certificate_pem, false};
  const auto server = HttpServer::Start(options, [](const HttpServerRequest& request) {
    return TextResponse(200, request.client_cert_identity);
  });
  ASSERT_TRUE(server) << server.error().detail;
  ASSERT_TRUE(WriteFileAtomically(folder / "ca.pem", ca.certificate_pem));
  ASSERT_TRUE(WriteFileAtomically(folder / "client.pem", client_pair.certificate_pem));
  ASSERT_TRUE(WriteFileAtomically(folder / "client.key", client_pair.key_pem, 0600));

  CurlHttpClient client("sekisho-test");
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string((*server)->port()) + "/";
  request.allow_private_addresses = true;
  request.ca_file = folder / "ca.pem";
  EXPECT_FALSE(client.Get(request));
  request.client_certificate = folder / "client.pem";
  request.client_key = folder / "client.key";
  const auto response = client.Get(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "sekisho://feeds");
  request.client_key = folder / "none";
  const auto without_key = client.Get(request);
  ASSERT_FALSE(without_key);
  EXPECT_EQ(without_key.error().code, policy::ErrorCode::not_allowed);
}

}  // namespace
}  // namespace agent::feeds
