#include "exporters/settings.h"

#include <gtest/gtest.h>

#include <fstream>

#include "platform/encoding.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

const std::string agent =
    "agent: {address: 'agent.example:7443', ca: ca.pem, certificate: x.pem, key: x.key, "
    "list_key: list.pub}\n";

struct Read {
  Settings settings;
  std::string errors;
};

Read ReadText(const std::string& text) {
  const auto document = config::Document::Parse(text, "folder/exporter.yaml");
  if (!document) return {{}, document.error().detail};
  Read read{ReadSettings(document->root()), ""};
  for (const DeviceSettings& device : read.settings.devices) {
    device.settings.Optional("port").AsInt(0, 65535);  // as the row would
  }
  if (auto ok = document->Finish(); !ok) read.errors = ok.error().detail;
  return read;
}

TEST(ExporterSettingsTest, ReadsAgentAndDevices) {
  const Read read = ReadText(agent +
                             "state_dir: state\n"
                             "devices:\n"
                             "  - {name: edl, exporter: http_list, settings: {port: 1}}\n"
                             "  - {name: edl2, exporter: http_list, settings: {port: 2},\n"
                             "     read_back_every: 1h, on_drift: report}\n");
  ASSERT_EQ(read.errors, "");
  EXPECT_EQ(read.settings.agent.addresses, std::vector<std::string>{"agent.example:7443"});
  EXPECT_EQ(read.settings.agent.identity.key, "folder/x.key");
  EXPECT_EQ(read.settings.state_dir, "folder/state");
  EXPECT_EQ(read.settings.update_size_max, 1024UL * 1024 * 1024);
  ASSERT_EQ(read.settings.devices.size(), 2U);
  EXPECT_EQ(read.settings.devices[0].row->name, "http_list");
  EXPECT_EQ(read.settings.devices[0].read_back_every, std::chrono::minutes(5));
  EXPECT_EQ(read.settings.devices[0].on_drift, OnDrift::restore);
  EXPECT_EQ(read.settings.devices[1].read_back_every, std::chrono::hours(1));
  EXPECT_EQ(read.settings.devices[1].on_drift, OnDrift::report);
}

TEST(ExporterSettingsTest, TakesSeveralAgents) {
  const Read read = ReadText(
      "agent: {address: ['a.example:1', 'b.example:2'], ca: c, certificate: x, key: k, "
      "list_key: l}\n"
      "state_dir: s\ndevices: [{name: a, exporter: http_list, settings: {port: 1}}]\n");
  ASSERT_EQ(read.errors, "");
  EXPECT_EQ(read.settings.agent.addresses.size(), 2U);
}

TEST(ExporterSettingsTest, SaysWhatIsWrongAndWhere) {
  const auto device = [](const std::string& text) {
    return agent + "state_dir: s\ndevices:\n  - {" + text + ", settings: {port: 1}}\n";
  };
  const std::vector<std::pair<std::string, std::string>> cases{
      {agent + "state_dir: s\ndevices: []\n", "at least one device"},
      {"state_dir: s\ndevices: []\n", "agent"},
      {device("name: ../etc, exporter: http_list"), "exporter.yaml:4:"},
      {device("name: .hidden, exporter: http_list"), "not starting with '.'"},
      {device("name: a, exporter: bind"), "must be one of: crowdsec, haproxy, http_list"},
      {device("name: a, exporter: http_list, read_back_every: 2d"), "at most 1d"},
      {device("name: a, exporter: http_list, on_drift: ignore"), "restore"},
      {device("name: a, exporter: http_list, typo: 1"), "unknown key"},
      {device("name: a, exporter: http_list, must_work: [192.0.2.0/24]"),
       "must be a name, one address or a URL"},
      {device("name: a, exporter: http_list, must_work: [not a name]"), "exporter.yaml:4:"},
      {device("name: a, exporter: http_list") +
           "  - {name: a, exporter: http_list, settings: {port: 2}}\n",
       "above already"},
      {"agent: {address: here, ca: c, certificate: x, key: k, list_key: l}\nstate_dir: s\n"
       "devices: [{name: a, exporter: http_list, settings: {port: 1}}]\n",
       "host:port"},
      {"agent: {address: 'unix:///run/x', ca: c, certificate: x, key: k, list_key: l}\n"
       "state_dir: s\ndevices: [{name: a, exporter: http_list, settings: {port: 1}}]\n",
       "host:port"},
  };
  for (const auto& [text, reason] : cases) {
    const Read read = ReadText(text);
    EXPECT_NE(read.errors.find(reason), std::string::npos) << text << "\n" << read.errors;
  }
}

TEST(LoadListKeyTest, TakesHexadecimalAndBase64) {
  const platform::testing::TemporaryFolder folder;
  const std::string key = platform::RandomBytes(32).value();
  for (const std::string& text :
       {platform::ToHex(key), platform::ToHex(key) + "\n", platform::ToBase64(key) + "\r\n"}) {
    std::ofstream(folder / "list.pub") << text;
    EXPECT_EQ(LoadListKey(folder / "list.pub").value(), key);
  }
  for (const std::string& text :
       {std::string(), platform::ToHex(key).substr(2), platform::ToBase64(key + "x"),
        "-----BEGIN PUBLIC KEY-----\n" + platform::ToBase64(key)}) {
    std::ofstream(folder / "list.pub") << text;
    EXPECT_FALSE(LoadListKey(folder / "list.pub")) << text;
  }
  EXPECT_FALSE(LoadListKey(folder / "missing"));
}

}  // namespace
}  // namespace exporters
