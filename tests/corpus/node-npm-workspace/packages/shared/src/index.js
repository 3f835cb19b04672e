const ms = require("ms");

exports.second = () => String(ms("1s"));
