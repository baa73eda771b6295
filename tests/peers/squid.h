#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/subprocess.h"
#include "policy/result.h"

namespace peers {

// A real Squid on a free port of 127.0.0.1, as an administrator would set it up: it includes
// `include` above a rule that lets everything through. Ends with the object, and leaves nothing.
class Squid {
 public:
  // `folder` is for its files and must exist; `include` must be readable for Squid's own user.
  // Fails with `not_found` if there is no Squid: the test should then skip.
  static policy::Result<std::unique_ptr<Squid>> Make(std::filesystem::path folder,
                                                     const std::filesystem::path& include);
  Squid(const Squid&) = delete;
  Squid& operator=(const Squid&) = delete;
  ~Squid();

  // Returns once it answers.
  policy::Result<void> Start();
  void Stop();
  bool Running();

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& program() const { return program_; }
  std::filesystem::path config() const { return folder_ / "squid.conf"; }
  const std::string& service_name() const { return service_name_; }
  std::string CacheLog() const;  // what Squid said

  // Settings for the Squid exporter, as YAML, with `more` of them. `lists` is its folder.
  std::string ExporterSettings(const std::filesystem::path& lists, const std::string& helper,
                               const std::string& more = "") const;

 private:
  Squid(std::filesystem::path program, std::filesystem::path folder, std::uint16_t port);
  policy::Result<void> WriteConfig(const std::filesystem::path& include) const;

  std::filesystem::path program_;
  std::filesystem::path folder_;
  std::uint16_t port_;
  std::string service_name_;
  std::optional<platform::ChildProcess> process_;
};

// What `curl` would get for `url` through the proxy: the status, or 0 if there is no answer. For
// "host:443" it is the answer to CONNECT.
int StatusThroughProxy(std::uint16_t proxy_port, const std::string& url);

}  // namespace peers
