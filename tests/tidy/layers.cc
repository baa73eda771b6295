#include "tests/tidy/layers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace tidy {
namespace {

using Names = std::vector<std::string_view>;

struct Layer {
  std::string_view folder;
  Names may_include;  // folders, or single headers; its own folder is understood
};

// The table. A file belongs to the row with the longest folder that holds it.
const std::vector<Layer>& Layers() {
  static const std::vector<Layer> layers{
      {"policy", {}},
      {"proto", {"policy"}},
      {"platform", {"policy/result.h", "policy/time.h", "policy/ascii.h", "policy/validity.h"}},
      {"config", {"policy", "platform"}},
      {"agent/feeds", {"policy", "platform", "config"}},
      {"agent/traffic", {"policy", "platform", "config", "agent/feeds"}},
      {"agent/store", {"policy", "platform"}},
      {"agent/history", {"policy", "platform", "agent/store"}},
      {"agent/people", {"policy", "platform", "agent/store", "agent/history"}},
      {"agent/oidc", {"policy", "platform", "agent/people"}},
      {"agent/notify", {"policy", "platform", "agent/store", "agent/history"}},
      {"agent/queue", {"policy", "agent/store", "agent/history"}},
      {"agent/publish", {"policy", "proto", "platform"}},
      {"agent/api",
       {"policy",
        "proto",
        "platform",
        "agent/store",
        "agent/queue",
        "agent/history",
        "agent/oidc",
        "agent/people",
        "agent/notify",
        "agent/traffic",
        "agent/engine.h",
        "agent/allowlist_effects.h",
        "agent/assessment.h",
        "agent/certificates.h",
        "agent/evidence.h",
        "agent/own_allowlist.h",
        "agent/veto.h",
        "agent/world.h",
        "agent/feeds/pushed.h",
        "agent/refusals.h",
        "agent/simulation.h",
        "config/policy_settings.h",
        "config/rules_text.h"}},
      {"agent", {"policy", "proto", "platform", "config", "agent"}},
      {"exporters", {"policy", "proto", "platform", "config"}},
      {"cli", {"policy", "proto", "platform", "config", "agent/history"}},
  };
  return layers;
}

// policy decides, and neither reads, waits nor talks: besides what computes in the standard
// library, these headers, the last two of them in one file each.
struct Allowed {
  std::string_view header_start;
  std::string_view only_in = {};  // how the path starts
};
constexpr std::array<Allowed, 8> allowed_in_policy{{
    {"tl/expected.hpp"},
    {"absl/container/"},
    {"absl/hash/"},
    {"idn2.h"},
    {"libpsl.h"},
    {"arpa/inet.h"},  // inet_pton
    {"openssl/", "policy/digest.cc"},
    {"nlohmann/", "policy/allowlist_"},
}};
constexpr std::array<std::string_view, 16> forbidden_in_policy{"condition_variable",
                                                               "filesystem",
                                                               "fstream",
                                                               "future",
                                                               "iostream",
                                                               "mutex",
                                                               "print",
                                                               "random",
                                                               "semaphore",
                                                               "shared_mutex",
                                                               "stop_token",
                                                               "syncstream",
                                                               "thread",
                                                               "barrier",
                                                               "latch",
                                                               "coroutine"};

bool IsWithin(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

const Layer* LayerOf(std::string_view path) {
  const Layer* best = nullptr;
  for (const Layer& layer : Layers()) {
    if (IsWithin(path, layer.folder) &&
        (best == nullptr || layer.folder.size() > best->folder.size())) {
      best = &layer;
    }
  }
  return best;
}

// "exporters/rpz" for "exporters/rpz/zone.h", nothing for "exporters/registry.cc".
std::optional<std::string_view> ExporterFolder(std::string_view path) {
  constexpr std::string_view root = "exporters/";
  const auto slash = path.starts_with(root) ? path.find('/', root.size()) : path.npos;
  if (slash == path.npos) {
    return std::nullopt;
  }
  return path.substr(0, slash);
}

// What protoc generates is included as sekisho/v1/x.pb.h.
bool IsGenerated(std::string_view header) {
  return header.starts_with("sekisho/v1/");
}

std::string WrongOwnHeader(std::string_view path, std::string_view header) {
  const std::string target(IsGenerated(header) ? "proto" : header);
  const Layer& layer = *LayerOf(path);
  if (const auto mine = ExporterFolder(path)) {
    const auto theirs = ExporterFolder(target);
    if (theirs && *theirs != *mine) {
      return "one exporter may not include another";
    }
  }
  const bool allowed = std::any_of(layer.may_include.begin(), layer.may_include.end(),
                                   [&](std::string_view part) { return IsWithin(target, part); });
  if (allowed || IsWithin(target, layer.folder)) {
    return {};
  }
  if (LayerOf(target) == nullptr) {
    return "no folder of the table in docs/developing.md; third-party headers take <>";
  }
  return std::string(layer.folder) + " may not include it (table in docs/developing.md)";
}

std::string WrongSystemHeader(std::string_view path, std::string_view header) {
  if (LayerOf(header) != nullptr && LayerOf(header)->folder != "config") {
    return "our own headers take quotes";
  }
  if (!IsWithin(path, "policy")) {
    return {};
  }
  for (const Allowed& allowed : allowed_in_policy) {
    if (header.starts_with(allowed.header_start)) {
      return path.starts_with(allowed.only_in)
                 ? std::string()
                 : "in policy, only for " + std::string(allowed.only_in);
    }
  }
  const bool is_standard = header.find_first_of("./") == header.npos;
  const bool is_forbidden = std::find(forbidden_in_policy.begin(), forbidden_in_policy.end(),
                                      header) != forbidden_in_policy.end();
  return is_standard && !is_forbidden ? std::string()
                                      : "policy is pure: no I/O, thread, clock or other library";
}

struct Include {
  std::string_view header;
  bool is_quoted;
};

std::optional<Include> ParseInclude(std::string_view line) {
  constexpr std::string_view directive = "#include ";
  if (!line.starts_with(directive) || line.size() < directive.size() + 3) {
    return std::nullopt;
  }
  line.remove_prefix(directive.size());
  const bool is_quoted = line.front() == '"';
  const auto end = line.find(is_quoted ? '"' : '>', 1);
  if (end == line.npos) {
    return std::nullopt;
  }
  return Include{line.substr(1, end - 1), is_quoted};
}

}  // namespace

std::vector<std::string> LayerViolations(std::string_view path, std::string_view text) {
  std::vector<std::string> violations;
  if (LayerOf(path) == nullptr) {
    return violations;
  }
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto include = ParseInclude(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!include) {
      continue;
    }
    const std::string wrong = include->is_quoted ? WrongOwnHeader(path, include->header)
                                                 : WrongSystemHeader(path, include->header);
    if (!wrong.empty()) {
      violations.push_back(std::string(path) + ":" + std::to_string(number) + ": includes " +
                           std::string(include->header) + ": " + wrong);
    }
  }
  return violations;
}

}  // namespace tidy
