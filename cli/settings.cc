#include "cli/settings.h"

#include <system_error>
#include <utility>

#include "config/yaml.h"

namespace cli {
namespace {

using policy::Result;

void FillFrom(const Surroundings& surroundings, const char* name, std::string& value) {
  if (value.empty()) value = surroundings.environment(name).value_or("");
}

void FillFrom(const Surroundings& surroundings, const char* name, std::filesystem::path& value) {
  if (value.empty()) value = surroundings.environment(name).value_or("");
}

template <class T>
void Fill(T& value, T lower) {
  if (value.empty()) value = std::move(lower);
}

std::filesystem::path DefaultFile(const Surroundings& surroundings) {
  const auto home = surroundings.environment("HOME");
  if (!home || home->empty()) return {};
  std::filesystem::path file = std::filesystem::path(*home) / ".config/sekisho/config.yaml";
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) ? file : std::filesystem::path();
}

Result<Settings> ReadFile(const std::filesystem::path& file, const Surroundings& surroundings) {
  auto document = config::Document::Load(file, surroundings.environment);
  if (!document) return tl::unexpected(std::move(document.error()));
  const config::Node root = document->root();
  Settings settings;
  settings.agent = root.Optional("agent").AsString();
  settings.server_name = root.Optional("server_name").AsString();
  settings.token_file = root.Optional("token_file").AsPath();
  settings.ca = root.Optional("ca").AsPath();
  settings.certificate = root.Optional("certificate").AsPath();
  settings.key = root.Optional("key").AsPath();
  if (const config::Node node = root.Optional("timeout"); node.present()) {
    settings.timeout = node.AsDuration();
  }
  settings.verifier_key = root.Optional("verifier_key").AsString();
  if (const config::Node node = root.Optional("lang"); node.present()) {
    settings.language = node.AsChoice({"en", "ja"}) == 0 ? "en" : "ja";
  }
  if (auto ok = document->Finish(); !ok) return tl::unexpected(std::move(ok.error()));
  return settings;
}

// A certificate without its key, or the other way round, is a mistake rather than a wish.
Result<Settings> Checked(Settings settings) {
  if (settings.certificate.empty() != settings.key.empty()) {
    return policy::Fail(policy::ErrorCode::malformed_input,
                        "a client certificate needs both: --certificate and --key");
  }
  return settings;
}

}  // namespace

Result<Settings> CompleteSettings(Settings typed, const std::filesystem::path& config,
                                  const Surroundings& surroundings) {
  FillFrom(surroundings, "SEKISHO_AGENT", typed.agent);
  FillFrom(surroundings, "SEKISHO_TOKEN_FILE", typed.token_file);
  FillFrom(surroundings, "SEKISHO_CA", typed.ca);
  std::filesystem::path file = config;
  FillFrom(surroundings, "SEKISHO_CONFIG", file);
  if (file.empty()) file = DefaultFile(surroundings);
  if (file.empty()) return Checked(std::move(typed));
  auto lower = ReadFile(file, surroundings);
  if (!lower) return tl::unexpected(std::move(lower.error()));
  Fill(typed.agent, lower->agent);
  Fill(typed.server_name, lower->server_name);
  Fill(typed.token_file, lower->token_file);
  Fill(typed.ca, lower->ca);
  if (typed.certificate.empty() && typed.key.empty()) {
    typed.certificate = lower->certificate;
    typed.key = lower->key;
  }
  if (!typed.timeout) typed.timeout = lower->timeout;
  Fill(typed.verifier_key, lower->verifier_key);
  Fill(typed.language, lower->language);
  return Checked(std::move(typed));
}

}  // namespace cli
