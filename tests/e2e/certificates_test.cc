// Certificates that are renewed or taken back while everything runs.

#include <string>

#include "platform/atomic_file.h"
#include "platform/subprocess.h"
#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

class CertificatesTest : public SiteTest {
 protected:
  // The certificate that the agent's port shows, PEM.
  std::string Shown() {
    const std::string url = site_->grpc_url();
    const auto output = platform::Run(
        {"/usr/bin/openssl", "s_client", "-connect", url.substr(url.find("//") + 2)}, {});
    if (!output) return "";
    const auto begin = output->out.find("-----BEGIN CERTIFICATE-----");
    const std::string_view end = "-----END CERTIFICATE-----\n";
    const auto until = output->out.find(end);
    return until == std::string::npos ? "" : output->out.substr(begin, until + end.size() - begin);
  }
  std::string OnDisk() const {
    return platform::ReadFile(site_->ca_file().parent_path() / "server.pem", 64 * 1024).value();
  }
};

TEST_F(CertificatesTest, N2_ARenewedCertificateIsShownWithoutARestart) {
  StartSmallSite();
  const std::string before = OnDisk();
  ASSERT_EQ(Shown(), before);
  site_->RenewCertificate();
  ASSERT_NE(OnDisk(), before);
  EXPECT_TRUE(Eventually([&] { return Shown() == OnDisk(); }));
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << "open streams go on";
}

TEST_F(CertificatesTest, N6_ARevokedExporterIsCutOffWithinAMinuteAndItsDeviceKeepsItsList) {
  StartSmallSite();
  Approve("evil");
  site_->Revoke("lists");
  const auto state_of = [&](const std::string& name) {
    const auto listed = site_->Run({"device", "list", "-o", "json"}).Json();
    for (const auto& device : listed.at("devices")) {
      if (device.at("name") == name) return device.at("state").get<std::string>();
    }
    return std::string("(not listed)");
  };
  // Eventually waits for a minute.
  EXPECT_TRUE(Eventually([&] { return state_of("lists") == "offline"; })) << Devices();
  const auto approved =
      site_->Run({"queue", "approve", "--filter", "other", "--reason", "known as bad", "--yes"});
  EXPECT_EQ(approved.exit, 0) << approved;
  for (const std::string& device : site_->devices()) {
    if (device == "lists") continue;
    EXPECT_TRUE(Eventually([&] { return state_of(device) == "current"; })) << device;
  }
  EXPECT_EQ(state_of("lists"), "offline");
  EXPECT_TRUE(site_->Blocks("lists", domain));
  EXPECT_FALSE(site_->Blocks("lists", "domain other.example"));
}

}  // namespace
}  // namespace e2e
