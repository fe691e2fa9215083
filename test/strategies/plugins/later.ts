export default { api: '1.9', name: 'later', about: 'of another time', params: {}, create: () => ({}) };
