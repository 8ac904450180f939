-- wrk -s wrk.lua URL -- FILE START: asks for the paths of FILE one after the other, from line START on.
local paths, at = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    paths[#paths + 1] = line
  end
  at = tonumber(arguments[2])
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end

function done(summary, latency)
  io.write(string.format(
    "told %d %d %d %d %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status
  ))
end
