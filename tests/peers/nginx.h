#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "platform/subprocess.h"
#include "policy/result.h"

namespace peers {

// A real nginx on a free port of 127.0.0.1 with the rules that we ship, which answers 200 to what
// they let pass. Ends with the object.
class Nginx {
 public:
  // `folder` is for its files and must exist; `lists` is the exporter's folder. `blocked_status` is
  // what the rules return. Fails with `not_found` if there is no nginx: the test should then skip.
  static policy::Result<std::unique_ptr<Nginx>> Make(std::filesystem::path folder,
                                                     const std::filesystem::path& lists,
                                                     int blocked_status = 403);

  // Returns once it answers.
  policy::Result<void> Start();
  void Stop();

  const std::filesystem::path& program() const { return program_; }
  std::uint16_t port() const { return port_; }
  std::filesystem::path pid_file() const { return folder_ / "nginx.pid"; }
  std::filesystem::path config() const { return folder_ / "nginx.conf"; }

  // What a client at `source`, an address of 127.0.0.0/8, gets for a request to `host`: the status,
  // or 0 if there is no answer.
  int Status(const std::string& host, const std::string& source = "127.0.0.1") const;

 private:
  Nginx(std::filesystem::path program, std::filesystem::path folder);
  policy::Result<void> WriteConfig(const std::filesystem::path& lists, int blocked_status) const;

  std::filesystem::path program_;
  std::filesystem::path folder_;
  std::uint16_t port_;
  std::optional<platform::ChildProcess> process_;
};

}  // namespace peers
